import { claimsDatagram, DETECTORS } from "../../src/analysis/detectors.ts";
import { ExchangePipeline } from "../../src/analysis/pipeline/exchange-pipeline.ts";
import { EXCHANGE_CODEC } from "../../src/analysis/protocols/index.ts";
import { PacketReassembler } from "../../src/analysis/reassembly/index.ts";
import { Redactor } from "../../src/analysis/redaction/index.ts";
import { createTlsDetector } from "../../src/analysis/tls/tls-detector.ts";
import type { Exchange, Ledger, MemoryBudget } from "../../src/model/index.ts";
import { detectFormat } from "../../src/wire/detect-format.ts";
import { SocketEventMapper, TraceReader } from "../../src/wire/envoy/index.ts";
import type { FormatFamily } from "../../src/wire/format.ts";
import { FORMATS } from "../../src/wire/formats.ts";
import { createCaptureReader } from "../../src/wire/pcap/index.ts";
import { KeyLog } from "../../src/wire/tls/key-log.ts";
import { portableTlsCrypto } from "../../src/wire/tls/portable/portable-tls-crypto.ts";
import { decodeContent } from "./decode-content.ts";

export interface ReadFileOptions {
  readonly ledger: Ledger;
  readonly budget: MemoryBudget;
  readonly take: (exchange: Exchange) => void;
  readonly progress: (read: number) => void;
  readonly isStopped: () => boolean;
}

/** Bytes that are enough to tell what a file is. */
const HEAD_BYTES = 64 * 1024;
/** Pieces in which a file is read: between two, questions are answered. */
const PIECE = 1024 * 1024;

interface Reader {
  push(bytes: Uint8Array): void;
  end(): void;
}

/** Reads a capture, a trace, a HAR or NDJSON by the code that the command line has. @throws Error where it is nothing that can be read */
export async function readFile(file: Blob & { readonly name?: string }, options: ReadFileOptions): Promise<void> {
  const { ledger, budget, take } = options;
  const keyLog = new KeyLog();
  const pipeline = new ExchangePipeline({
    ledger,
    budget,
    decode: decodeContent,
    redactor: new Redactor(),
    detectors: [createTlsDetector({ ledger, crypto: portableTlsCrypto, keyLog, secretsMayCome: false }), ...DETECTORS],
    outputs: [
      {
        showsBodies: true,
        exchanges: {
          submit: (exchange) => {
            take(exchange);
            return "taken";
          },
          whenReady: async () => {},
          flush: async () => {},
          close: async () => {},
        },
      },
    ],
  });
  const head = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
  const format = detectFormat(head, file.size <= HEAD_BYTES);
  if (typeof format !== "string")
    throw new Error(`This is nothing that can be read: ${format?.unknown ?? "it is too short"}`);
  const reader = createReader(format, file.name ?? "file", pipeline, keyLog, options);
  for (let at = 0; at < file.size && !options.isStopped(); at += PIECE) {
    reader.push(new Uint8Array(await file.slice(at, at + PIECE).arrayBuffer()));
    await pipeline.flush();
    options.progress(Math.min(file.size, at + PIECE));
  }
  reader.end();
  await pipeline.close(Number.POSITIVE_INFINITY);
}

function createReader(
  format: FormatFamily,
  name: string,
  pipeline: ExchangePipeline,
  keyLog: KeyLog,
  { ledger, budget }: ReadFileOptions,
): Reader {
  if (format === "pcap" || format === "pcapng") {
    const reassembler = new PacketReassembler({
      observer: pipeline,
      ledger,
      budget,
      limits: {},
      source: name,
      claimsDatagram,
    });
    const reader = createCaptureReader(
      format,
      {
        packet: (packet) => void reassembler.push(packet),
        secrets: (_, secrets) => keyLog.push(`${new TextDecoder().decode(secrets)}\n`),
      },
      ledger.book("file-bytes"),
    );
    return {
      push(bytes) {
        reader.push(bytes);
        reassembler.settle();
      },
      end() {
        reader.end();
        reassembler.finish();
      },
    };
  }
  const row = FORMATS.find(({ family }) => family === format)!;
  if (row.kind === "exchanges")
    return row.decode(
      {
        exchange: (exchange) => void pipeline.exchange(exchange),
        flow: (event) => void pipeline.flow(event),
        problem: () => {},
      },
      ledger.book("records"),
      EXCHANGE_CODEC,
    );
  if (row.kind !== "traces") throw new Error("Recordings of Cilium's monitor are read by tapline read");
  const mapper = new SocketEventMapper((event) => pipeline.observe(event), {
    source: name,
    events: ledger.book("events"),
    payload: ledger.book("payload"),
  });
  const reader = new TraceReader((record) => mapper.map(record), { bytes: ledger.book("file-bytes") });
  return {
    push: (bytes) => reader.push(bytes),
    end() {
      reader.end();
      mapper.end();
    },
  };
}
