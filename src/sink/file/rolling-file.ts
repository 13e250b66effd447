import { formatTimestamp, type Submission, timestampFromMillis } from "../../model/index.ts";
import type { SingleFile } from "../../tap/index.ts";
import type { FileFrame } from "./file-frame.ts";
import { FramedFile } from "./framed-file.ts";
import type { TraceFiles } from "./trace-files.ts";

export interface RollingFileOptions {
  readonly files: TraceFiles;
  readonly pathPrefix: string;
  /** With the dot. */
  readonly extension: string;
  readonly frame: FileFrame;
  readonly single: SingleFile;
  /** How many finished files there are at most. */
  readonly keep?: number;
  /** Milliseconds since the Unix epoch; default Date.now. */
  readonly now?: () => number;
}

/**
 * One file after the other, each of many traces: a new one begins when the last is large or old enough, or when it is told to.
 * A file is named after its beginning, the process and a number: `PREFIX_20261120T115620Z_4711-0001.pcapng`.
 */
export class RollingFile {
  readonly #options: RollingFileOptions;
  readonly #now: () => number;
  #file: FramedFile | undefined;
  #failedAt: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: RollingFileOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /** Appends a piece that is a whole of its kind. */
  append(bytes: Uint8Array): Submission {
    const { maxBytes = Number.POSITIVE_INFINITY } = this.#options.single;
    const { size = 0 } = this.#file ?? {};
    if (size > 0 && this.#file!.sizeWith(bytes.length) > maxBytes) this.rotate();
    if (this.#file?.failure !== undefined) this.#retryLater();
    this.#file ??= this.#begin();
    return this.#file.append(bytes);
  }

  /** Finishes the file: what comes goes into the next. */
  rotate(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#file?.finish();
    this.#file = undefined;
    this.#failedAt = undefined;
  }

  /** A file that cannot be written takes nothing more; whether another can is tried now and then. */
  #retryLater(): void {
    const now = performance.now();
    this.#failedAt ??= now;
    if (now - this.#failedAt >= RETRY_MILLIS) this.rotate();
  }

  #begin(): FramedFile {
    const { extension, files, frame, keep, pathPrefix, single } = this.#options;
    const time = formatTimestamp(timestampFromMillis(this.#now()), 0).replace(/[-:]/g, "");
    const number = String(nextNumber++).padStart(4, "0");
    if (single.intervalMillis !== undefined)
      this.#timer = setTimeout(() => this.rotate(), single.intervalMillis).unref();
    return new FramedFile(
      files.open(`${pathPrefix}_${time}_${process.pid}-${number}${extension}`, {
        ...(keep !== undefined && { retention: { keep, pathPrefix, extension } }),
      }),
      frame,
    );
  }
}

const RETRY_MILLIS = 10_000;

/** Counted over all files of the process, so that no two have the same name. */
let nextNumber = 1;
