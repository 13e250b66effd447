import { EXCHANGE_CODEC } from "../../analysis/protocols/index.ts";
import {
  type Exchange,
  type FlowEvent,
  type Ledger,
  type MemoryBudget,
  type SocketObserver,
  TaplineError,
} from "../../model/index.ts";
import { DETECTION_BYTES, detectTraceEncoding } from "../../wire/envoy/index.ts";
import { HarReader } from "../../wire/har/index.ts";
import { NdjsonReader } from "../../wire/ndjson/index.ts";
import { createTraceReader } from "./create-trace-reader.ts";
import { type CaptureSourceOptions, type Input, openInput, readCapture } from "./index.ts";
import { detectInputFormat, type InputFormat } from "./input-format.ts";

export interface ReadInputOptions
  extends Pick<CaptureSourceOptions, "packet" | "tlsSecrets" | "reassemblyLimits" | "signal"> {
  /** Gets what moved on connections. */
  readonly observer: SocketObserver;
  /** Gets exchanges and flows that a file holds as such. */
  readonly exchange: (exchange: Exchange) => void;
  readonly flow: (event: FlowEvent) => void;
  /** Told what the file is, before anything of it is handed on. */
  readonly format?: (format: InputFormat) => void;
  /** Gets all bytes of stdin as they come. */
  readonly spool?: (chunk: Uint8Array) => void;
  /** Told what is wrong with the file; reading goes on where it can. */
  readonly problem: (problem: TaplineError) => void;
  /** Awaited after each chunk: what came of it can be written then. */
  readonly drain: () => Promise<void>;
  readonly ledger: Ledger;
  readonly budget: MemoryBudget;
}

/**
 * Reads a file of any format, or stdin for `-`, to its end or until the signal.
 * @throws TaplineError (`input`) where it cannot be read or is of no known format
 */
export async function readInput(path: string, options: ReadInputOptions): Promise<InputFormat | undefined> {
  const opened = await openInput(path);
  const input = path === "-" && options.spool !== undefined ? spooled(opened, options.spool) : opened;
  try {
    const format = detectInputFormat(input.head, false, isEnvoyTrace);
    if (format === "pcap" || format === "pcapng") {
      options.format?.(format);
      await readCapture(input, {
        ...options,
        handler: { damage: (damage) => options.problem(damageOf(input, damage)) },
      });
      return format;
    }
    return await readDocuments(input, options);
  } finally {
    await input.close();
  }
}

function spooled(input: Input, spool: (chunk: Uint8Array) => void): Input {
  return {
    name: input.name,
    head: input.head,
    size: input.size,
    modified: input.modified,
    async *chunks() {
      for await (const chunk of input.chunks()) {
        spool(chunk);
        yield chunk;
      }
    },
    close: () => input.close(),
  };
}

function isEnvoyTrace(head: Uint8Array): boolean {
  return detectTraceEncoding(head.subarray(0, DETECTION_BYTES)) !== undefined;
}

function damageOf(input: Input, { offset, message }: { offset: number; message: string }): TaplineError {
  return new TaplineError("input", message, { place: { file: input.name, offset } });
}

interface DocumentReader {
  push(chunk: Uint8Array): void;
  end(): void;
}

/** What is no capture: told apart by as much of its beginning as that takes, however slowly it comes. */
async function readDocuments(input: Input, options: ReadInputOptions): Promise<InputFormat | undefined> {
  const { signal } = options;
  const abort = (): void => void input.close();
  signal?.addEventListener("abort", abort, { once: true });
  let head: Uint8Array = new Uint8Array(0);
  let reader: DocumentReader | undefined;
  let format: InputFormat | undefined;
  const start = async (isWhole: boolean): Promise<void> => {
    const found = detectInputFormat(head, isWhole, isEnvoyTrace);
    if (found === undefined) return;
    if (typeof found === "object") throw unknownInput(input, found.unknown);
    format = found;
    options.format?.(format);
    reader = await createReader(format, input.name, options);
    reader.push(head);
  };
  try {
    for await (const chunk of input.chunks()) {
      if (reader === undefined) {
        head = Buffer.concat([head, chunk]);
        await start(false);
      } else reader.push(chunk);
      if (signal?.aborted === true) break;
      await options.drain();
    }
    if (reader === undefined && signal?.aborted !== true) await start(true);
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  } finally {
    signal?.removeEventListener("abort", abort);
  }
  reader?.end();
  return format;
}

async function createReader(format: InputFormat, file: string, options: ReadInputOptions): Promise<DocumentReader> {
  const { ledger, exchange, flow } = options;
  const problem = (message: string, line?: number): void =>
    options.problem(new TaplineError("input", message, { place: { file, ...(line === undefined ? {} : { line }) } }));
  if (format === "envoy") return createTraceReader(file, options);
  if (format === "cilium")
    return (await import("../cilium-monitor/monitor-recording.ts")).createRecordingReader({ ledger, flow, problem });
  const book = ledger.book("records");
  if (format === "har")
    return new HarReader(
      {
        exchange,
        problem: ({ entry, message }) => problem(entry === undefined ? message : `entry ${entry} ${message}`),
      },
      book,
      EXCHANGE_CODEC,
    );
  return new NdjsonReader(
    { exchange, flow, problem: ({ line, message }) => problem(`this line ${message}`, line) },
    book,
    EXCHANGE_CODEC,
  );
}

function unknownInput(input: Input, found: string): TaplineError {
  return new TaplineError("input", `this is nothing that can be read: ${found}`, {
    place: { file: input.name },
    hint: "pcap, pcapng, Envoy traces, HAR, NDJSON and recordings of Cilium's monitor are",
  });
}
