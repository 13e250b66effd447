import type { Exchange, FlowEvent, LedgerBook } from "../model/index.ts";
import type { TraceFileFormat, TraceReader, TraceWriter, TraceWriterOptions } from "./envoy/index.ts";
import type { ExchangeCodec } from "./exchange-codec.ts";
import type { CaptureHandler, CaptureLimits, PcapngWriter, PcapWriter, RecordReader } from "./pcap/index.ts";

/** Rows are told apart by `kind`: what a file of that format holds. */
export type Format = PacketRow | TraceRow | ExchangeRow | FlowRow;

export type WritableFormat = Exclude<Format, FlowRow>;

/** Formats that one reader reads, whichever of them a file is. */
export type FormatFamily = "pcap" | "pcapng" | "envoy" | "har" | "ndjson" | "cilium";

interface Row {
  /** Names it on command lines; unique. */
  readonly name: string;
  readonly family: FormatFamily;
  /**
   * Names of its files end so: in lower case, with the dot; a file's name is compared in any case. The first is the one that
   * files get. Where rows share one, it asks for the first of them.
   */
  readonly extensions: readonly string[];
  /** For people, in a line. */
  readonly meaning: string;
  /** Absent where another row of the family stands for it. */
  readonly magic?: Magic;
  /** Its name in a tap's `format` (`OutputSink.Format`: from 1000 on the numbers are ours); absent: taps do not write it. */
  readonly tap?: { readonly name: string; readonly number: number };
}

/** How the content of a file tells what it is. */
export interface Magic {
  /** How much of a file must be seen before it can be asked: a few bytes, a line, or `HEAD_BYTES`. */
  readonly needs: "signature" | "line" | "head";
  readonly test: (head: Uint8Array) => boolean;
}

export interface PacketRow extends Row {
  readonly kind: "packets";
  readonly decode: (handler: CaptureHandler, book?: LedgerBook, limits?: Partial<CaptureLimits>) => RecordReader;
  readonly encode: () => PcapWriter | PcapngWriter;
}

export interface TraceRow extends Row {
  readonly kind: "traces";
  /** Envoy's name of it (`OutputSink.Format`), which it can be asked for by too. */
  readonly envoyName: TraceFileFormat;
  /** Reads every format of traces: the content tells which it is, unless the options do. */
  readonly decode: (...args: ConstructorParameters<typeof TraceReader>) => TraceReader;
  readonly encode: (options?: Omit<TraceWriterOptions, "format">) => TraceWriter;
}

/** Names of the formats of exchanges: command lines know them before a table with all readers and writers is loaded. */
export const EXCHANGE_FORMAT_NAMES = ["ndjson", "har"] as const;

export interface ExchangeRow extends Row {
  readonly kind: "exchanges";
  readonly name: (typeof EXCHANGE_FORMAT_NAMES)[number];
  /** The media type that downloads of it have (RFC 9110 §8.3). */
  readonly mediaType: string;
  readonly decode: (handler: ExchangeHandler, book: LedgerBook, codec: ExchangeCodec) => DocumentDecoder;
  /** @param version of the program, where the format names what wrote it */
  readonly encode: (version: string, codec: ExchangeCodec) => ExchangeEncoder;
}

/** Read only: src/source/cilium-monitor has their reader. */
export interface FlowRow extends Row {
  readonly kind: "flows";
}

export interface ExchangeHandler {
  readonly exchange: (exchange: Exchange) => void;
  readonly flow: (event: FlowEvent) => void;
  /** Told of what was skipped, with its line where the format has lines. */
  readonly problem: (message: string, line: number | undefined) => void;
}

export interface DocumentDecoder {
  push(chunk: Uint8Array): void;
  end(): void;
}

/** Gives the text of a file piece by piece: to be appended in the order of the calls. */
export interface ExchangeEncoder {
  /** Stands between two exchanges, where something does: `exchange` gives it before all but the first. */
  readonly separator?: string;
  begin(): string;
  /** Undefined where the format has no place for exchanges of that kind. */
  exchange(exchange: Exchange): string | undefined;
  /** Undefined where the format has no place for flows. */
  flow(event: FlowEvent): string | undefined;
  end(): string;
}
