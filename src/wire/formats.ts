import {
  detectTraceEncoding,
  type TraceEncoding,
  type TraceFileFormat,
  TraceReader,
  TraceWriter,
} from "./envoy/index.ts";
import type { ExchangeRow, Format, Magic, TraceRow, WritableFormat } from "./format.ts";
import { HarReader, HarWriter } from "./har/index.ts";
import { documentLine, flowLine, NdjsonReader } from "./ndjson/index.ts";
import { detectCaptureFormat, PcapngReader, PcapngWriter, PcapReader, PcapWriter } from "./pcap/index.ts";

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
    mediaType: "application/json",
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
        separator: ",",
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
    mediaType: "application/x-ndjson",
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
      test: startsWith(/^(?:#[^\n]*\n|[^\S\n]*\n)*(?:\d{1,9}[ \t]+)?(?:[0-9a-fA-F]{2}){8,}\s*(?:\n|$)/),
    },
  },
];

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

/** Those of exchanges: printed, written and downloaded. */
export const EXCHANGE_FORMATS: readonly ExchangeRow[] = FORMATS.filter((format) => format.kind === "exchanges");

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
