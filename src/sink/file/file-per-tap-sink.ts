import { CLOSED, type Submission } from "../../model/index.ts";
import type {
  CaptureConfig,
  CaptureSink,
  CaptureSinkHandle,
  FileDestination,
  OutputSink,
  TraceIdentity,
  TraceSink,
  TraceSinkHandle,
} from "../../tap/index.ts";
import { type CaptureTrace, lendEncodedCapture, lendEncodedTrace, type TraceWrapper } from "../../wire/envoy/index.ts";
import type { PacedDecoder } from "../content/paced-decoder.ts";
import { extensionOf, frameOf } from "./file-frame.ts";
import { FramedFile } from "./framed-file.ts";
import { HarTrace } from "./har-trace.ts";
import { PcapngTrace } from "./pcapng-trace.ts";
import { RollingFile } from "./rolling-file.ts";
import type { TraceFiles } from "./trace-files.ts";
import type { TraceOutput } from "./trace-output.ts";

type FileForm = Pick<OutputSink, "format" | "connectionLayout">;

/** Envoy's `file_per_tap`: each trace in a file of its own, `PREFIX_ID` and the extension of its format. */
export class FilePerTapSink implements TraceSink {
  readonly #pathPrefix: string;
  readonly #form: FileForm;
  readonly #files: TraceFiles;
  readonly #decoder: PacedDecoder;
  readonly #keep: number | undefined;

  /** @param keep how many finished files stay; default all */
  constructor(pathPrefix: string, form: FileForm, files: TraceFiles, keep?: number) {
    this.#pathPrefix = pathPrefix;
    this.#form = form;
    this.#files = files;
    this.#decoder = files.createDecoder();
    this.#keep = keep;
  }

  open({ id, connection }: TraceIdentity): TraceSinkHandle {
    const { format } = this.#form;
    const extension = extensionOf(format);
    const file = this.#files.open(`${this.#pathPrefix}_${id}${extension}`, {
      ...(this.#keep !== undefined && { retention: { keep: this.#keep, pathPrefix: this.#pathPrefix, extension } }),
    });
    const output = new FramedFile(file, frameOf(format));
    if (format === "PCAPNG") return new PcapngTrace(connection, output);
    return createEncodedTrace(output, { ...this.#form, format }, this.#decoder);
  }
}

/** `file_per_tap` with our `single_file`: the traces of all who tap with it, one message after the other as they come. */
export class SingleFileSink implements TraceSink {
  readonly #form: FileForm;
  readonly #file: RollingFile;
  readonly #output: TraceOutput;
  readonly #decoder: PacedDecoder;
  #traces = 0;
  #isClosed = false;

  constructor({ pathPrefix, single = {}, keep }: FileDestination, form: FileForm, files: TraceFiles) {
    this.#form = form;
    this.#decoder = files.createDecoder();
    const { format } = form;
    this.#file = new RollingFile({
      files,
      pathPrefix,
      extension: extensionOf(format),
      frame: frameOf(format),
      single,
      ...(keep !== undefined && { keep }),
    });
    this.#output = { append: (bytes) => (this.#isClosed ? CLOSED : this.#file.append(bytes)), finish() {} };
  }

  open({ connection }: TraceIdentity): TraceSinkHandle {
    const { format } = this.#form;
    if (format === "PCAPNG") return new PcapngTrace(connection, this.#output, this.#traces++);
    return createEncodedTrace(this.#output, { ...this.#form, format }, this.#decoder);
  }

  /** Finishes the file: what comes goes into another. */
  rotate(): void {
    this.#file.rotate();
  }

  /** Finishes the file for good, when what is being decoded has been written: what traces still come to are lost. */
  close(): Promise<void> {
    if (!this.#decoder.isIdle) return this.#decoder.whenIdle().then(() => this.close());
    this.#isClosed = true;
    this.#file.rotate();
    return Promise.resolve();
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

  open({ id, connection }: TraceIdentity): CaptureSinkHandle {
    const { format, pathPrefix, maxCapturedBytes } = this.#config;
    const file = this.#files.open(`${pathPrefix}_${id}${extensionOf(format)}`, { maxQueuedBytes: maxCapturedBytes });
    const output = new FramedFile(file, frameOf(format));
    if (format === "PCAPNG") return new PcapngTrace(connection, output);
    return new EncodedTrace(output, (part: CaptureTrace) => lendEncodedCapture(part, format));
  }
}

function createEncodedTrace(
  output: TraceOutput,
  { format, connectionLayout }: FileForm & { readonly format: Exclude<FileForm["format"], "PCAPNG"> },
  decoder: PacedDecoder,
): TraceSinkHandle {
  if (format === "HAR") return new HarTrace(output, decoder);
  return new EncodedTrace(output, (wrapper: TraceWrapper) =>
    lendEncodedTrace(wrapper, format, { layout: connectionLayout }),
  );
}

class EncodedTrace<Message extends TraceWrapper | CaptureTrace> {
  readonly #output: TraceOutput;
  /** The result is copied before it is called again. */
  readonly #encode: (message: Message) => Uint8Array;

  constructor(output: TraceOutput, encode: (message: Message) => Uint8Array) {
    this.#output = output;
    this.#encode = encode;
  }

  submit(message: Message): Submission {
    return this.#output.append(this.#encode(message));
  }

  close(): void {
    this.#output.finish();
  }
}
