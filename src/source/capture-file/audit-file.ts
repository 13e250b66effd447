import { Readable } from "node:stream";
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
  TaplineError,
} from "../../model/index.ts";
import { detectFormat } from "../../wire/detect-format.ts";
import { HEAD_BYTES } from "../../wire/head-bytes.ts";
import { KeyLog } from "../../wire/tls/key-log.ts";
import { nodeTlsCrypto } from "../../wire/tls/node-tls-crypto.ts";
import { type Input, openInput } from "./index.ts";
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
 * Looks for secrets in a file of any kind, or in stdin for `-`: in the exchanges of captures, traces and documents; where those have none, or
 * it is something else, in its bytes as a text. What cannot be read twice is looked at in both ways at once.
 * @throws TaplineError (`input`) where it cannot be read
 */
export async function auditFile(path: string, options: AuditFileOptions): Promise<void> {
  const input = await openInput(path, { headBytes: HEAD_BYTES });
  const format = detectFormat(input.head, input.head.length < HEAD_BYTES);
  const isStream = input.modified === undefined;
  if (typeof format !== "string") {
    if (isStream) return auditBytes(input, options);
  } else if (isStream) return auditStream(input, options);
  await input.close();
  if (typeof format === "string" && (await auditExchanges(path, options)) > 0) return;
  await auditBytes(await openInput(path), options);
}

/** A pipe: what its bytes have as a text is told when it turns out that its exchanges have nothing. */
async function auditStream(input: Input, options: AuditFileOptions): Promise<void> {
  const inText: Finding[] = [];
  let more = 0;
  const text = new LineAudit(options.rules, (finding) => {
    if (inText.length < MAX_KEPT) inText.push(finding);
    else more++;
  });
  const chunks = input.chunks();
  const watched = async function* (): AsyncGenerator<Buffer> {
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
      text.push(next.value);
      yield Buffer.from(next.value);
    }
  };
  const stdin = await openInput("-", { stdin: Readable.from(watched()), headBytes: HEAD_BYTES });
  let count = 0;
  try {
    count = await auditExchanges("-", options, new Map([["-", stdin]]));
  } finally {
    // Where the format was not understood to its end the rest is text all the same.
    for await (const chunk of { [Symbol.asyncIterator]: () => chunks }) text.push(chunk);
    text.end();
  }
  if (count > 0) return;
  for (const finding of inText) options.found(finding);
  if (more > 0) options.problem(new TaplineError("input", `there is more than ${MAX_KEPT} found: ${more} more`));
}

/** Findings that wait for what the exchanges have. */
const MAX_KEPT = 100_000;

/** How many things were found. */
async function auditExchanges(
  path: string,
  options: AuditFileOptions,
  pipes?: ReadonlyMap<string, Input>,
): Promise<number> {
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
    ...(pipes !== undefined && { pipes }),
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

async function auditBytes(input: Input, { rules, found }: AuditFileOptions): Promise<void> {
  const audit = new LineAudit(rules, found);
  try {
    for await (const chunk of input.chunks()) audit.push(chunk);
    audit.end();
  } finally {
    await input.close();
  }
}

/** Looks at whole lines, as many as fit into a piece. */
class LineAudit {
  readonly #audit: TextAudit;
  #rest = new Uint8Array(0);

  constructor(rules: RedactorOptions, found: (finding: Finding) => void) {
    this.#audit = new TextAudit(rules, found);
  }

  push(chunk: Uint8Array): void {
    const piece = Buffer.concat([this.#rest, chunk]);
    const end = piece.lastIndexOf(0x0a) + 1;
    const cut = piece.length > MAX_PIECE ? piece.length : end;
    if (piece.length < MIN_PIECE && cut < MAX_PIECE) {
      this.#rest = piece;
      return;
    }
    this.#audit.push(piece.subarray(0, cut));
    this.#rest = piece.subarray(cut);
  }

  end(): void {
    this.#audit.push(this.#rest);
  }
}

const MIN_PIECE = 1024 * 1024;
const MAX_PIECE = 4 * MIN_PIECE;
