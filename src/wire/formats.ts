import type { Exchange, FlowEvent, LedgerBook } from "../model/index.ts";
import {
  detectTraceEncoding,
  type TraceEncoding,
  type TraceFileFormat,
  TraceReader,
  TraceWriter,
  type TraceWriterOptions,
} from "./envoy/index.ts";
import type { ExchangeCodec } from "./exchange-codec.ts";
import { HarReader, HarWriter } from "./har/index.ts";
import { documentLine, flowLine, NdjsonReader } from "./ndjson/index.ts";
import {
  type CaptureHandler,
  type CaptureLimits,
  detectCaptureFormat,
  PcapngReader,
  PcapngWriter,
  PcapReader,
  PcapWriter,
  type RecordReader,
} from "./pcap/index.ts";

/**
 * Everything that can be read and written, one row a format: commands, taps, downloads and docs/trace-formats.md take it from here.
 * A row of another format is added here, with its reader and writer beside it in a folder of src/wire.
 */
export const FORMATS: readonly Format[] = [
  {
    kind: "packets",
    name: "pcap",
    family: "pcap",
    extensions: [".pcap"],
    meaning: "packets, in a file with microseconds",
    magic: { needs: "signature", test: (head) => detectCaptureFormat(head) === "pcap" },
    decode: (handler, book, limits) => new PcapReader(handler, book, limits),
    encode: () => new PcapWriter({ resolution: "microseconds" }),
  },
  {
    kind: "packets",
    name: "pcap-ns",
    family: "pcap",
    extensions: [".pcap"],
    meaning: "packets, in a file with nanoseconds",
    decode: (handler, book, limits) => new PcapReader(handler, book, limits),
    encode: () => new PcapWriter({ resolution: "nanoseconds" }),
  },
  {
    kind: "packets",
    name: "pcapng",
    family: "pcapng",
    extensions: [".pcapng"],
    meaning: "packets, nanoseconds, comments on what is missing",
    tap: { name: "PCAPNG", number: 1000 },
    magic: { needs: "signature", test: (head) => detectCaptureFormat(head) === "pcapng" },
    decode: (handler, book, limits) => new PcapngReader(handler, book, limits),
    encode: createPcapngWriter,
  },
  trace({ name: "json", envoyName: "JSON_BODY_AS_BYTES", number: 0, extension: ".json", encoding: "json" }),
  trace({ name: "json-string", envoyName: "JSON_BODY_AS_STRING", number: 1, extension: ".json" }),
  trace({ name: "pb", envoyName: "PROTO_BINARY", number: 2, extension: ".pb", encoding: "wrappers" }),
  trace({
    name: "pb-delimited",
    envoyName: "PROTO_BINARY_LENGTH_DELIMITED",
    number: 3,
    extension: ".pb_length_delimited",
    encoding: "length-delimited",
  }),
  trace({ name: "text", envoyName: "PROTO_TEXT", number: 4, extension: ".pb_text", encoding: "text" }),
  trace({
    name: "capture-pb",
    envoyName: "CAPTURE_BINARY",
    extension: ".pb",
    encoding: "capture",
    meaning: "a Trace of the capture era, binary",
  }),
  trace({
    name: "capture-text",
    envoyName: "CAPTURE_TEXT",
    extension: ".pb_text",
    meaning: "a Trace of the capture era, text",
  }),
  {
    kind: "exchanges",
    name: "har",
    family: "har",
    extensions: [".har"],
    meaning: "the exchanges as HAR 1.2, redacted",
    tap: { name: "HAR", number: 1001 },
    magic: { needs: "line", test: startsWith(/^\s*\{\s*"log"\s*:\s*\{/) },
    decode: (handler, book, codec) =>
      new HarReader(
        {
          exchange: handler.exchange,
          problem: ({ entry, message }) =>
            handler.problem(entry === undefined ? message : `entry ${entry} ${message}`, undefined),
        },
        book,
        codec,
      ),
    encode(version, codec) {
      const writer = new HarWriter(version);
      return {
        begin: () => writer.begin(),
        // A HAR has no place for some kinds of exchanges, and none for flows.
        exchange(exchange) {
          const entry = codec.writeHarEntry(exchange);
          return entry === undefined ? undefined : writer.entry(entry);
        },
        flow: () => undefined,
        end: () => writer.end(),
      };
    },
  },
  {
    kind: "exchanges",
    name: "ndjson",
    family: "ndjson",
    extensions: [".ndjson", ".jsonl"],
    meaning: "the exchanges, a JSON document a line, redacted",
    magic: { needs: "line", test: startsWith(/^\s*\{\s*"type"\s*:\s*"(?:exchange|flow)"/) },
    decode: (handler, book, codec) =>
      new NdjsonReader(
        {
          exchange: handler.exchange,
          flow: handler.flow,
          problem: ({ line, message }) => handler.problem(`this line ${message}`, line),
        },
        book,
        codec,
      ),
    encode: (_version, codec) => ({
      begin: () => "",
      exchange: (exchange) => documentLine(codec.writeDocument(exchange)),
      flow: flowLine,
      end: () => "",
    }),
  },
  {
    kind: "flows",
    name: "cilium-gob",
    family: "cilium",
    extensions: [],
    meaning: "a recorded session of Cilium's monitor socket (gob)",
    // The socket begins with the definition of its type `Payload`.
    magic: {
      needs: "signature",
      test: (head) => head[1] === 0xff && textOf(head.subarray(0, 24)).includes("Payload"),
    },
  },
  {
    kind: "flows",
    name: "cilium-json",
    family: "cilium",
    extensions: [],
    meaning: "events as cilium monitor -j or hubble observe -o jsonpb writes them",
    magic: {
      needs: "line",
      test: startsWith(
        /^\s*\{"(?:(?:flow|lost_events|node_status)":\{"|cpu":"CPU -?\d+:"|type":"(?:logRecord|agent|trace|drop|debug|capture|policy-verdict|lost)")/,
      ),
    },
  },
  {
    kind: "flows",
    name: "cilium-hex",
    family: "cilium",
    extensions: [],
    meaning: "messages of Cilium's monitor in hexadecimal, [CPU ]HEX a line",
    magic: {
      needs: "line",
      test: startsWith(/^(?:#[^\n]*\n|\s*\n)*(?:\d{1,9}[ \t]+)?(?:[0-9a-fA-F]{2}){8,}\s*(?:\n|$)/),
    },
  },
];

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

export interface ExchangeRow extends Row {
  readonly kind: "exchanges";
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
  begin(): string;
  /** Undefined where the format has no place for exchanges of that kind. */
  exchange(exchange: Exchange): string | undefined;
  /** Undefined where the format has no place for flows. */
  flow(event: FlowEvent): string | undefined;
  end(): string;
}

/** The format of that name, in any case; Envoy's names are known too. */
export function findFormat(name: string): Format | undefined {
  const wanted = name.toLowerCase();
  return FORMATS.find(
    (format) => format.name === wanted || (format.kind === "traces" && format.envoyName.toLowerCase() === wanted),
  );
}

/** The format that a file of this name is written in, by its extension in any case. */
export function formatOfPath(path: string): Format | undefined {
  const [extension] = /\.[^./\\]+$/.exec(path.toLowerCase()) ?? [];
  return extension === undefined ? undefined : FORMATS.find(({ extensions }) => extensions.includes(extension));
}

/** Those that can be written. */
export const WRITABLE_FORMATS: readonly WritableFormat[] = FORMATS.filter((format) => format.kind !== "flows");

/** The extensions by which a file's name alone says what to write, in the table's order. */
export const WRITABLE_EXTENSIONS: readonly string[] = [
  ...new Set(WRITABLE_FORMATS.flatMap(({ extensions }) => extensions)),
];

interface TraceRowFacts {
  readonly name: string;
  readonly envoyName: TraceFileFormat;
  /** The number in `OutputSink.Format`. */
  readonly number?: number;
  readonly extension: string;
  /** As its content is told; absent where another row has the same. */
  readonly encoding?: TraceEncoding;
  readonly meaning?: string;
}

function trace({ name, envoyName, number, extension, encoding, meaning = envoyName }: TraceRowFacts): TraceRow {
  return {
    kind: "traces",
    name,
    envoyName,
    family: "envoy",
    extensions: [extension],
    meaning,
    ...(encoding !== undefined && { magic: magicOfTraces(encoding) }),
    ...(number !== undefined && { tap: { name: envoyName, number } }),
    decode: (...args) => new TraceReader(...args),
    encode: (options) => new TraceWriter({ ...options, format: envoyName }),
  };
}

/** Binary traces and text have no signature: all that can be seen of them is weighed, after everything else. */
function magicOfTraces(encoding: TraceEncoding): Magic {
  if (encoding !== "json") return { needs: "head", test: (head) => detectTraceEncoding(head) === encoding };
  return { needs: "line", test: (head) => JSON_OBJECT.test(textOf(head)) && TRACE_NAME.test(textOf(head)) };
}

/** An object, perhaps in a list, that does not begin as HAR or as Tapline's own documents. */
const JSON_OBJECT = /^\s*(?:\[\s*)?\{\s*"(?!log"|type")/;
const TRACE_NAME =
  /"(?:(?:http|socket)_?buffered_?trace|(?:http|socket)_?streamed_?trace_?segment|configured_?sample_?rate)"\s*:/i;

function createPcapngWriter(): PcapngWriter {
  const writer = new PcapngWriter({ application: "tapline" });
  writer.addInterface({ name: "tap" });
  return writer;
}

function startsWith(pattern: RegExp): (head: Uint8Array) => boolean {
  return (head) => pattern.test(textOf(head));
}

function textOf(head: Uint8Array): string {
  return UTF8.decode(head).replace(/^\ufeff/, "");
}

const UTF8 = new TextDecoder();
