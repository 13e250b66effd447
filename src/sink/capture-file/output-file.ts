import {
  closeSync,
  lstatSync,
  openSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { describeWriteError, TaplineError } from "../../model/index.ts";
import { openExclusively } from "../open-exclusively.ts";
import { writeToStream } from "../write-to-stream.ts";

/** Where a command's result goes. */
export interface Output {
  /** All of `bytes` are on their way when the promise resolves: with true where they may be used again. */
  write(bytes: Uint8Array): Promise<boolean>;
  /** The result is whole: it gets its name. */
  finish(): Promise<void>;
  /** There is no result: nothing stays behind. */
  abandon(): void;
}

/**
 * Opens a file to write, or the standard output for `-`. A file is written under a name of its own beside the wanted one
 * (mode 0600), which it gets when it is whole; a device or a pipe is written as it stands.
 * @throws TaplineError `output` when it cannot be opened
 */
export function openOutput(path: string): Output {
  if (path === "-") return new StandardOutput();
  try {
    return isSpecial(path) ? new SpecialFile(path) : new WholeFile(path);
  } catch (error) {
    throw writeFailure(path, error);
  }
}

/** For a file whose writer, a thread, was ended in the middle. */
export function removePartial(path: string): void {
  rmSync(partialOf(followLinks(path)), { force: true });
}

function partialOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.${process.pid}.partial`);
}

function isSpecial(path: string): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isDirectory()) throw new TaplineError("output", "this is a directory", { place: { file: path } });
  return stat !== undefined && !stat.isFile();
}

class WholeFile implements Output {
  readonly #path: string;
  readonly #partial: string;
  #descriptor: number | undefined;
  /** However the process ends: what is not whole does not stay. */
  readonly #onExit = (): void => this.abandon();

  /** @param path where it is to stand; through a symbolic link, which stays one */
  constructor(path: string) {
    this.#path = followLinks(path);
    this.#partial = partialOf(this.#path);
    this.#descriptor = openExclusively(this.#partial);
    process.on("exit", this.#onExit);
  }

  async write(bytes: Uint8Array): Promise<boolean> {
    try {
      writeAll(this.#descriptor!, bytes);
      return true;
    } catch (error) {
      this.abandon();
      throw writeFailure(this.#path, error);
    }
  }

  async finish(): Promise<void> {
    try {
      closeSync(this.#descriptor!);
      this.#descriptor = undefined;
      renameSync(this.#partial, this.#path);
      process.off("exit", this.#onExit);
    } catch (error) {
      this.abandon();
      throw writeFailure(this.#path, error);
    }
  }

  abandon(): void {
    process.off("exit", this.#onExit);
    try {
      if (this.#descriptor !== undefined) closeSync(this.#descriptor);
      this.#descriptor = undefined;
      unlinkSync(this.#partial);
    } catch {
      // It is not there any more.
    }
  }
}

/** Where a file of that name stands, or would: a link may lead to what is not there yet. */
function followLinks(path: string): string {
  let at = path;
  for (let links = 0; links < MAX_LINKS; links++) {
    if (lstatSync(at, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return at;
    at = resolve(dirname(at), readlinkSync(at));
  }
  throw new TaplineError("output", "too many symbolic links", { place: { file: path } });
}

/** As many as Linux follows. */
const MAX_LINKS = 40;

class SpecialFile implements Output {
  readonly #path: string;
  readonly #descriptor: number;

  constructor(path: string) {
    this.#path = path;
    this.#descriptor = openSync(path, "w");
  }

  async write(bytes: Uint8Array): Promise<boolean> {
    try {
      writeAll(this.#descriptor, bytes);
      return true;
    } catch (error) {
      throw writeFailure(this.#path, error);
    }
  }

  async finish(): Promise<void> {
    closeSync(this.#descriptor);
  }

  abandon(): void {
    closeSync(this.#descriptor);
  }
}

class StandardOutput implements Output {
  write(bytes: Uint8Array): Promise<boolean> {
    return writeToStream(process.stdout, bytes);
  }

  async finish(): Promise<void> {}

  abandon(): void {}
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
}

function writeFailure(path: string, error: unknown): unknown {
  if (error instanceof TaplineError) return error;
  return new TaplineError("output", describeWriteError(error), { place: { file: path }, cause: error });
}
