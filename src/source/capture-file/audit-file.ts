import { auditExchange, auditFlow, type Finding, TextAudit } from "../../analysis/audit/index.ts";
import { decodeContent } from "../../analysis/content/node-content-decoder.ts";
import { DETECTORS } from "../../analysis/detectors.ts";
import { ExchangePipeline } from "../../analysis/pipeline/exchange-pipeline.ts";
import type { Redactor, RedactorOptions } from "../../analysis/redaction/index.ts";
import { createTlsDetector } from "../../analysis/tls/tls-detector.ts";
import {
  type Exchange,
  type FlowEvent,
  type Ledger,
  MemoryBudget,
  type Sink,
  type TaplineError,
} from "../../model/index.ts";
import { detectFormat } from "../../wire/detect-format.ts";
import { HEAD_BYTES } from "../../wire/head-bytes.ts";
import { KeyLog } from "../../wire/tls/key-log.ts";
import { nodeTlsCrypto } from "../../wire/tls/node-tls-crypto.ts";
import { openInput } from "./index.ts";
import { readInput } from "./read-input.ts";

export interface AuditFileOptions {
  readonly redactor: Redactor;
  /** The rules that the redactor was made of, for texts. */
  readonly rules: RedactorOptions;
  readonly ledger: Ledger;
  /** Bytes that the analysis may hold. */
  readonly memory: number;
  readonly found: (finding: Finding) => void;
  readonly problem: (problem: TaplineError) => void;
}

/**
 * Looks for secrets in a file of any kind: in the exchanges of captures, traces and documents; where those have none, or the file is
 * another one, in its bytes as a text.
 * @throws TaplineError (`input`) where it cannot be read
 */
export async function auditFile(path: string, options: AuditFileOptions): Promise<void> {
  const input = await openInput(path);
  const format = detectFormat(input.head, input.head.length < HEAD_BYTES);
  await input.close();
  if (typeof format === "string" && (await auditExchanges(path, options)) > 0) return;
  await auditBytes(path, options);
}

/** How many things were found. */
async function auditExchanges(path: string, options: AuditFileOptions): Promise<number> {
  const { ledger, memory, redactor, problem } = options;
  let count = 0;
  const tell = (findings: readonly Finding[]): "taken" => {
    count += findings.length;
    for (const finding of findings) options.found(finding);
    return "taken";
  };
  const presentation = { decode: decodeContent, redactor, showsBodies: true };
  let flows = 0;
  const exchanges = createSink<Exchange>((exchange) => tell(auditExchange(exchange, presentation)));
  const events = createSink<FlowEvent>((event) => tell(auditFlow(event, redactor, flows++)));
  const keyLog = new KeyLog();
  const tls = createTlsDetector({ ledger, crypto: nodeTlsCrypto, keyLog, secretsMayCome: true });
  const pipeline = new ExchangePipeline({
    ledger,
    budget: new MemoryBudget((memory * 2) / 3),
    decode: decodeContent,
    detectors: [tls, ...DETECTORS],
    outputs: [{ exchanges, flows: events }],
  });
  await readInput([path], {
    observer: pipeline,
    exchange: (exchange) => pipeline.exchange(exchange),
    flow: (event) => pipeline.flow(event),
    tlsSecrets: (text) => {
      keyLog.push(new TextDecoder().decode(text));
      keyLog.end();
    },
    problem,
    drain: async () => {},
    ledger,
    budget: new MemoryBudget(memory / 3),
  });
  pipeline.finishInput();
  return count;
}

/** Holds nothing: a finding is told at once. */
function createSink<Item>(submit: (item: Item) => "taken"): Sink<Item> {
  const done = async (): Promise<void> => {};
  return { submit, whenReady: done, flush: done, close: done };
}

/** Whole lines, as many as fit into a piece. */
async function auditBytes(path: string, { rules, found }: AuditFileOptions): Promise<void> {
  const audit = new TextAudit(rules, found);
  const input = await openInput(path);
  let rest = new Uint8Array(0);
  try {
    for await (const chunk of input.chunks()) {
      const piece = Buffer.concat([rest, chunk]);
      const end = piece.lastIndexOf(0x0a) + 1;
      const cut = piece.length > MAX_PIECE ? piece.length : end;
      if (piece.length < MIN_PIECE && cut < MAX_PIECE) {
        rest = piece;
        continue;
      }
      audit.push(piece.subarray(0, cut));
      rest = piece.subarray(cut);
    }
    audit.push(rest);
  } finally {
    await input.close();
  }
}

const MIN_PIECE = 1024 * 1024;
const MAX_PIECE = 4 * MIN_PIECE;
