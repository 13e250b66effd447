import type {
  CaptureConfig,
  CaptureSink,
  CaptureSinkHandle,
  OutputSink,
  SinkFormat,
  TraceIdentity,
  TraceSink,
  TraceSinkHandle,
} from "../../tap/index.ts";
import {
  type CaptureTrace,
  encodeCaptureTrace,
  encodeTrace,
  fileExtension,
  type TraceWrapper,
} from "../../wire/envoy/index.ts";
import { PcapngTrace } from "./pcapng-trace.ts";
import type { TraceFile, TraceFiles } from "./trace-files.ts";

/** Envoy's `file_per_tap`: each trace in a file of its own, `PREFIX_ID` and the extension of its format. */
export class FilePerTapSink implements TraceSink {
  readonly #pathPrefix: string;
  readonly #sink: Pick<OutputSink, "format" | "connectionLayout">;
  readonly #files: TraceFiles;

  constructor(pathPrefix: string, sink: Pick<OutputSink, "format" | "connectionLayout">, files: TraceFiles) {
    this.#pathPrefix = pathPrefix;
    this.#sink = sink;
    this.#files = files;
  }

  open(trace: TraceIdentity): TraceSinkHandle {
    const { format, connectionLayout } = this.#sink;
    const file = this.#files.open(tracePath(this.#pathPrefix, trace.id, format));
    if (format === "PCAPNG") return new PcapngTrace(trace.connection, file);
    return new EncodedTrace(file, (wrapper) => encodeTrace(wrapper, format, { layout: connectionLayout }));
  }
}

/** The file sink of captures: `PREFIX_ID` and the extension of its format. */
export class CaptureFileSink implements CaptureSink {
  readonly #config: Pick<CaptureConfig, "pathPrefix" | "format" | "maxCapturedBytes">;
  readonly #files: TraceFiles;

  constructor(config: Pick<CaptureConfig, "pathPrefix" | "format" | "maxCapturedBytes">, files: TraceFiles) {
    this.#config = config;
    this.#files = files;
  }

  open(trace: TraceIdentity): CaptureSinkHandle {
    const { format, pathPrefix, maxCapturedBytes } = this.#config;
    const file = this.#files.open(tracePath(pathPrefix, trace.id, format), maxCapturedBytes);
    if (format === "PCAPNG") return new PcapngTrace(trace.connection, file);
    return new EncodedTrace(file, (part: CaptureTrace) => encodeCaptureTrace(part, format));
  }
}

function tracePath(prefix: string, id: bigint, format: SinkFormat): string {
  return `${prefix}_${id}${format === "PCAPNG" ? ".pcapng" : fileExtension(format)}`;
}

class EncodedTrace<Message extends TraceWrapper | CaptureTrace> {
  readonly #file: TraceFile;
  readonly #encode: (message: Message) => Uint8Array;

  constructor(file: TraceFile, encode: (message: Message) => Uint8Array) {
    this.#file = file;
    this.#encode = encode;
  }

  submit(message: Message): boolean {
    return this.#file.append(this.#encode(message));
  }

  close(): void {
    this.#file.finish();
  }
}
