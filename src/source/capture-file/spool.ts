import { randomBytes } from "node:crypto";
import { closeSync, openSync, unlinkSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeWriteError, TaplineError } from "../../model/index.ts";

/** Keeps a pipe in a file (0600, in the temporary folder: `TMPDIR`), so that it can be read a second time. */
export class Spool {
  readonly path = join(tmpdir(), `tapline-${randomBytes(8).toString("hex")}.spool`);
  readonly #descriptor: number;

  /** @throws TaplineError (`output`) where the file cannot be made */
  constructor() {
    this.#descriptor = this.#attempt(() => openSync(this.path, "wx", 0o600));
  }

  /** @throws TaplineError (`output`) where it cannot be written: the disk may be full */
  readonly write = (chunk: Uint8Array): void => {
    this.#attempt(() => {
      for (let at = 0; at < chunk.length; ) at += writeSync(this.#descriptor, chunk, at);
    });
  };

  remove(): void {
    closeSync(this.#descriptor);
    unlinkSync(this.path);
  }

  #attempt<Result>(action: () => Result): Result {
    try {
      return action();
    } catch (cause) {
      throw new TaplineError("output", describeWriteError(cause), {
        place: { file: this.path },
        hint: "the pipe is kept there to be read twice: TMPDIR names another folder",
        cause,
      });
    }
  }
}
