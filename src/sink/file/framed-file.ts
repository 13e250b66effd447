import { isTaken, type Submission } from "../../model/index.ts";
import type { FileFrame } from "./file-frame.ts";
import type { TraceFile } from "./trace-file.ts";
import type { TraceOutput } from "./trace-output.ts";

/** A file with what its format puts around the pieces. It comes into being with the first one. */
export class FramedFile implements TraceOutput {
  readonly #file: TraceFile;
  readonly #frame: FileFrame;
  /** Bytes that were taken, the frame's among them. */
  size = 0;

  constructor(file: TraceFile, frame: FileFrame) {
    this.#file = file;
    this.#frame = frame;
  }

  get failure(): string | undefined {
    return this.#file.failure;
  }

  /** How large the file would be with `length` more bytes. */
  sizeWith(length: number): number {
    const { begin, between, end } = this.#frame;
    return this.size + (this.size === 0 ? begin.length : between.length) + length + end.length;
  }

  append(bytes: Uint8Array): Submission {
    const before = this.size === 0 ? this.#frame.begin : this.#frame.between;
    const piece = before.length === 0 ? bytes : join(before, bytes);
    const submission = this.#file.append(piece);
    if (isTaken(submission)) this.size += piece.length;
    return submission;
  }

  finish(): void {
    this.#file.finish(this.#frame.end);
  }
}

function join(first: Uint8Array, second: Uint8Array): Uint8Array {
  const joined = new Uint8Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
}
