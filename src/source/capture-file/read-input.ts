import { EXCHANGE_CODEC } from "../../analysis/protocols/index.ts";
import {
  type Exchange,
  type FlowEvent,
  type Ledger,
  type MemoryBudget,
  type SocketObserver,
  TaplineError,
} from "../../model/index.ts";
import { detectFormat } from "../../wire/detect-format.ts";
import type { DocumentDecoder, FormatFamily } from "../../wire/format.ts";
import { FORMATS } from "../../wire/formats.ts";
import type { CaptureDamage } from "../../wire/pcap/index.ts";
import { readCaptureSet } from "./capture-set.ts";
import { createTraceReader } from "./create-trace-reader.ts";
import { type CaptureSourceOptions, type Input, openInput, readCapture } from "./index.ts";

export interface ReadInputOptions
  extends Pick<CaptureSourceOptions, "packet" | "fragments" | "tlsSecrets" | "reassemblyLimits" | "signal"> {
  /** Gets what moved on connections. */
  readonly observer: SocketObserver;
  /** Gets exchanges and flows that a file holds as such. */
  readonly exchange: (exchange: Exchange) => void;
  readonly flow: (event: FlowEvent) => void;
  /** Told what the file is, before anything of it is handed on. */
  readonly format?: (format: FormatFamily) => void;
  /** Those that were opened already, by their path. */
  readonly pipes?: ReadonlyMap<string, Input>;
  /** Gets all bytes as they come: of a pipe, which cannot be read twice. */
  readonly spool?: (chunk: Uint8Array) => void;
  /** Told how many connections of a capture were closed to make room for others, where there were any. */
  readonly evicted?: (connections: number) => void;
  /** Told what is wrong with the file; reading goes on where it can. */
  readonly problem: (problem: TaplineError) => void;
  /** Told of what is left out of the file and is no fault of it. */
  readonly note?: (note: TaplineError) => void;
  /** Awaited after each chunk: what came of it can be written then. */
  readonly drain: () => Promise<void>;
  /** Whether so much came of it that `drain` should be waited for at once. */
  readonly isFull?: () => boolean;
  readonly ledger: Ledger;
  readonly budget: MemoryBudget;
}

/**
 * Reads a file of any format, or stdin for `-`, to its end or until the signal; several are the files of one capture.
 * @throws TaplineError (`input`) where it cannot be read or is of no known format
 */
export async function readInput(
  paths: readonly string[],
  options: ReadInputOptions,
): Promise<FormatFamily | undefined> {
  const [path, ...others] = paths;
  if (path === undefined) return undefined;
  return others.length === 0 ? readOne(path, options) : readSet(paths, options);
}

async function readSet(paths: readonly string[], options: ReadInputOptions): Promise<FormatFamily> {
  options.format?.("pcap");
  const damage = (path: string, { offset, message }: CaptureDamage): void =>
    options.problem(new TaplineError("input", message, { place: { file: path, offset } }));
  const { evictedConnections } = await readCaptureSet(paths, { ...options, damage });
  if (evictedConnections > 0) options.evicted?.(evictedConnections);
  return "pcap";
}

async function readOne(path: string, options: ReadInputOptions): Promise<FormatFamily | undefined> {
  const { signal } = options;
  const opened = options.pipes?.get(path) ?? (await openInput(path, signal === undefined ? {} : { signal }));
  const input = options.spool === undefined ? opened : spooled(opened, options.spool);
  try {
    const format = detectFormat(input.head, false);
    if (format === "pcap" || format === "pcapng") {
      options.format?.(format);
      const { counters } = await readCapture(input, {
        ...options,
        handler: { damage: (damage) => options.problem(damageOf(input, damage)) },
      });
      if (counters.evictedConnections > 0) options.evicted?.(counters.evictedConnections);
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
    ...(input.family !== undefined && { family: input.family }),
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

function damageOf(input: Input, { offset, message }: { offset: number; message: string }): TaplineError {
  return new TaplineError("input", message, { place: { file: input.name, offset } });
}

/** Reads inputs other than captures: the beginning tells which, however slowly it comes. */
async function readDocuments(input: Input, options: ReadInputOptions): Promise<FormatFamily | undefined> {
  const { signal } = options;
  const abort = (): void => void input.close();
  signal?.addEventListener("abort", abort, { once: true });
  let head: Uint8Array = new Uint8Array(0);
  let reader: DocumentDecoder | undefined;
  let format: FormatFamily | undefined;
  const start = async (isWhole: boolean): Promise<void> => {
    const found = input.family ?? detectFormat(head, isWhole);
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

async function createReader(family: FormatFamily, file: string, options: ReadInputOptions): Promise<DocumentDecoder> {
  const { ledger, exchange, flow } = options;
  const problem = (message: string, line?: number): void =>
    options.problem(new TaplineError("input", message, { place: { file, ...(line === undefined ? {} : { line }) } }));
  const row = FORMATS.find((format) => format.family === family)!;
  if (row.kind === "exchanges") return row.decode({ exchange, flow, problem }, ledger.book("records"), EXCHANGE_CODEC);
  if (row.kind === "traces") return createTraceReader(file, options);
  return (await import("../cilium-monitor/monitor-recording.ts")).createRecordingReader({ ledger, flow, problem });
}

function unknownInput(input: Input, found: string): TaplineError {
  return new TaplineError("input", `this is nothing that can be read: ${found}`, {
    place: { file: input.name },
    hint: "pcap, pcapng, Envoy traces, HAR, NDJSON and recordings of Cilium's monitor are",
  });
}
