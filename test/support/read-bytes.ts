import { Readable } from "node:stream";
import { decodeContent } from "../../src/analysis/content/node-content-decoder.ts";
import { DETECTORS } from "../../src/analysis/detectors.ts";
import { ExchangePipeline } from "../../src/analysis/pipeline/exchange-pipeline.ts";
import { exchangeDocument } from "../../src/analysis/protocols/index.ts";
import { createTlsDetector } from "../../src/analysis/tls/tls-detector.ts";
import { type Exchange, type ExchangeSink, Ledger, MemoryBudget, TaplineError } from "../../src/model/index.ts";
import { openInput } from "../../src/source/capture-file/index.ts";
import { readInput } from "../../src/source/capture-file/read-input.ts";
import { KeyLog } from "../../src/wire/tls/key-log.ts";
import { nodeTlsCrypto } from "../../src/wire/tls/node-tls-crypto.ts";

export interface BytesRead {
  /** The documents of its exchanges. */
  readonly documents: readonly string[];
  readonly flows: number;
  /** Why it is nothing that can be read. */
  readonly refusal: string | undefined;
  readonly ledger: Ledger;
  /** Bytes of memory that are still charged for. */
  readonly charged: number;
}

/** Reads a file of any format as `tapline read` does, with a key log maybe. */
export async function readBytes(bytes: Uint8Array, keys?: Uint8Array): Promise<BytesRead> {
  const stdin = await openInput("-", { stdin: Readable.from([Buffer.from(bytes)]), headBytes: HEAD_BYTES });
  const ledger = new Ledger();
  const budgets = [new MemoryBudget(MEMORY), new MemoryBudget(MEMORY)] as const;
  const documents: string[] = [];
  const keyLog = new KeyLog();
  if (keys !== undefined) {
    keyLog.push(new TextDecoder().decode(keys));
    keyLog.end();
  }
  const sink: ExchangeSink = {
    submit(exchange: Exchange) {
      documents.push(JSON.stringify(exchangeDocument(exchange)));
      return "taken";
    },
    whenReady: async () => {},
    flush: async () => {},
    close: async () => {},
  };
  const pipeline = new ExchangePipeline({
    ledger,
    budget: budgets[0],
    decode: decodeContent,
    detectors: [createTlsDetector({ ledger, crypto: nodeTlsCrypto, keyLog, secretsMayCome: true }), ...DETECTORS],
    outputs: [{ exchanges: sink }],
  });
  let flows = 0;
  let refusal: string | undefined;
  try {
    await readInput(["-"], {
      pipes: new Map([["-", stdin]]),
      observer: pipeline,
      exchange: (exchange) => pipeline.exchange(exchange),
      flow(event) {
        flows++;
        pipeline.flow(event);
      },
      tlsSecrets(text) {
        keyLog.push(new TextDecoder().decode(text));
        keyLog.end();
      },
      problem() {},
      drain: () => pipeline.flush(),
      ledger,
      budget: budgets[1],
    });
  } catch (error) {
    if (!(error instanceof TaplineError)) throw error;
    refusal = error.message;
  }
  pipeline.finishInput();
  await pipeline.close(Number.POSITIVE_INFINITY);
  return { documents, flows, refusal, ledger, charged: budgets[0].used + budgets[1].used };
}

const HEAD_BYTES = 4096;
const MEMORY = 2e8;
