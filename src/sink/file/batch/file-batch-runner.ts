import { dirname } from "node:path";
import { RetainedFiles, type Retention } from "../retained-files.ts";
import { type FileBatch, type FileBatchResult, type FileFailure, partialPath } from "./file-batch.ts";
import type { FileSystem } from "./file-system.ts";

/** How many descriptors are held of files that are not finished; default 128. Others are opened again when they go on. */
export const DEFAULT_MAX_OPEN_FILES = 128;

/**
 * Does the steps of batches, in their order. A file grows under its partial name and is renamed when it is finished.
 *
 * A file that cannot be written is given up: what was appended whole before stays under the partial name; a piece that was
 * written in part is cut off again; a file without anything whole is removed. Other files go on.
 */
export class FileBatchRunner {
  readonly #fileSystem: FileSystem;
  readonly #maxOpenFiles: number;
  /** Files that are not finished. */
  readonly #files = new Map<number, GrowingFile>();
  /** Those with a descriptor, the least recently used first. */
  readonly #open = new Map<number, GrowingFile>();
  #bytes = EMPTY;
  #written = 0;
  #finished = 0;
  #deleted = 0;
  /** By prefix and extension. */
  readonly #retained = new Map<string, RetainedFiles>();
  /** Results of this batch, by the number of the file. */
  readonly #failures = new Map<number, FileFailure>();

  constructor(fileSystem: FileSystem, maxOpenFiles = DEFAULT_MAX_OPEN_FILES) {
    this.#fileSystem = fileSystem;
    this.#maxOpenFiles = maxOpenFiles;
  }

  run(batch: FileBatch): FileBatchResult {
    this.#bytes = new Uint8Array(batch.bytes);
    this.#written = 0;
    this.#finished = 0;
    this.#deleted = 0;
    this.#failures.clear();
    let offset = 0;
    for (const step of batch.steps) {
      if (step.kind === "open") this.#files.set(step.file, new GrowingFile(step.file, step.path));
      else if (step.kind === "append") {
        this.#gather(this.#files.get(step.file) ?? unknownFile(step.file), offset, step.length);
        offset += step.length;
      } else this.#finish(this.#files.get(step.file), step.end, step.retention);
    }
    for (const file of this.#gathering) this.#writeGathered(file);
    this.#gathering.clear();
    this.#bytes = EMPTY;
    return {
      written: this.#written,
      finished: this.#finished,
      deleted: this.#deleted,
      failures: [...this.#failures.values()],
    };
  }

  /** Gives up the descriptors: what is not finished keeps its partial name. */
  close(): void {
    for (const file of this.#open.values()) this.#closeQuietly(file);
    this.#open.clear();
    this.#files.clear();
  }

  /** Files with pieces that are not written yet. */
  readonly #gathering = new Set<GrowingFile>();

  #gather(file: GrowingFile, offset: number, length: number): void {
    if (file.failure !== undefined) {
      this.#report(file.failure, length);
      return;
    }
    file.pieces.push(offset, length);
    this.#gathering.add(file);
  }

  /** Pieces of one batch are written together. */
  #writeGathered(file: GrowingFile): void {
    const { pieces } = file;
    if (pieces.length === 0) return;
    file.pieces = [];
    let at = 0;
    const written = file.size;
    try {
      if (written > 0 && file.descriptor !== undefined && this.#fileSystem.isRemoved(file.descriptor)) throw REMOVED;
      const descriptor = this.#descriptorOf(file);
      const chunk = this.#joinPieces(pieces);
      while (at < chunk.length) at += this.#fileSystem.write(descriptor, chunk.subarray(at));
      file.size += at;
      this.#written += at;
    } catch (error) {
      this.#giveUp(file, error, pieces, at);
      // There is nothing left of what was written before.
      if (at === 0 && codeOf(error) === "ENOENT") this.#report(file.failure!, 0, written);
    }
  }

  #joinPieces(pieces: readonly number[]): Uint8Array {
    let total = 0;
    let isContiguous = true;
    for (let index = 0; index < pieces.length; index += 2) {
      if (pieces[index] !== pieces[0]! + total) isContiguous = false;
      total += pieces[index + 1]!;
    }
    // As they are where all of a batch goes into one file.
    if (isContiguous) return this.#bytes.subarray(pieces[0]!, pieces[0]! + total);
    const joined = Buffer.allocUnsafe(total);
    let at = 0;
    for (let index = 0; index < pieces.length; index += 2) {
      const start = pieces[index]!;
      joined.set(this.#bytes.subarray(start, start + pieces[index + 1]!), at);
      at += pieces[index + 1]!;
    }
    return joined;
  }

  #finish(file: GrowingFile | undefined, end: Uint8Array, retention: Retention | undefined): void {
    if (file === undefined) return;
    this.#writeGathered(file);
    this.#gathering.delete(file);
    this.#files.delete(file.number);
    if (file.failure !== undefined) {
      if (end.length > 0) this.#report(file.failure, end.length);
      return;
    }
    let at = 0;
    try {
      if (end.length > 0) {
        const descriptor = this.#descriptorOf(file);
        while (at < end.length) at += this.#fileSystem.write(descriptor, end.subarray(at));
        this.#written += end.length;
      }
      this.#close(file);
      this.#fileSystem.rename(file.partial, file.path);
      this.#finished++;
    } catch (error) {
      const isWritten = at === end.length;
      this.#giveUp(file, error, isWritten ? [] : [0, end.length], isWritten ? 0 : at);
      // There is nothing left that could get the name: the folder was removed, and the file with it.
      if (isWritten && codeOf(error) === "ENOENT") this.#report(file.failure!, 0, file.size + end.length);
      return;
    }
    if (retention !== undefined) this.#deleted += this.#retainedBy(retention).add(file.path);
  }

  #retainedBy(retention: Retention): RetainedFiles {
    const key = `${retention.pathPrefix} ${retention.extension}`;
    let retained = this.#retained.get(key);
    if (retained === undefined) {
      retained = new RetainedFiles(this.#fileSystem, retention);
      this.#retained.set(key, retained);
    }
    return retained;
  }

  #descriptorOf(file: GrowingFile): number {
    if (file.descriptor === undefined) {
      file.descriptor = file.size === 0 ? this.#create(file.partial) : this.#fileSystem.open(file.partial, "append");
      if (this.#open.size >= this.#maxOpenFiles) this.#closeLeastRecent();
    } else this.#open.delete(file.number);
    this.#open.set(file.number, file);
    return file.descriptor;
  }

  #create(path: string): number {
    try {
      return this.#fileSystem.open(path, "create");
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error;
      this.#fileSystem.makeDirectory(dirname(path));
      return this.#fileSystem.open(path, "create");
    }
  }

  #closeLeastRecent(): void {
    const [oldest] = this.#open.values();
    if (oldest !== undefined) this.#close(oldest);
  }

  #close(file: GrowingFile): void {
    const { descriptor } = file;
    if (descriptor === undefined) return;
    file.descriptor = undefined;
    this.#open.delete(file.number);
    this.#fileSystem.close(descriptor);
  }

  #closeQuietly(file: GrowingFile): void {
    try {
      this.#close(file);
    } catch {
      // It is given up anyway.
    }
  }

  /** @param at how many bytes of the pieces had been written when it failed */
  #giveUp(file: GrowingFile, error: unknown, pieces: readonly number[], at: number): void {
    let total = 0;
    let whole = 0;
    for (let index = 1; index < pieces.length; index += 2) {
      total += pieces[index]!;
      if (total <= at) whole = total;
    }
    file.size += whole;
    this.#written += whole;
    this.#keepWhole(file, at > whole);
    file.failure = {
      file: file.number,
      path: file.path,
      code: codeOf(error),
      message: error instanceof Error ? error.message : String(error),
      isNew: false,
      lostBytes: 0,
      goneBytes: 0,
    };
    this.#report({ ...file.failure, isNew: true }, total - whole);
  }

  /** Adds to what this batch lost of the file. */
  #report(failure: FileFailure, lostBytes: number, goneBytes = 0): void {
    const known = this.#failures.get(failure.file) ?? failure;
    this.#failures.set(failure.file, {
      ...known,
      lostBytes: known.lostBytes + lostBytes,
      goneBytes: known.goneBytes + goneBytes,
    });
  }

  #keepWhole(file: GrowingFile, hasRest: boolean): void {
    try {
      if (file.size > 0 && hasRest && file.descriptor !== undefined)
        this.#fileSystem.truncate(file.descriptor, file.size);
    } catch {
      // The rest stays behind what is whole; readers report it.
    }
    const existed = file.descriptor !== undefined;
    this.#closeQuietly(file);
    if (file.size > 0 || !existed) return;
    try {
      this.#fileSystem.remove(file.partial);
    } catch {
      // It stays behind, empty and under its partial name.
    }
  }
}

class GrowingFile {
  readonly number: number;
  readonly path: string;
  readonly partial: string;
  descriptor: number | undefined;
  /** Bytes that were written whole. */
  size = 0;
  /** Offset and length of each piece of this batch that is to be written. */
  pieces: number[] = [];
  /** Why it was given up, as later batches report it. */
  failure: FileFailure | undefined;

  constructor(number: number, path: string) {
    this.number = number;
    this.path = path;
    this.partial = partialPath(path);
  }
}

/** A file whose opening went to a runner that died. */
function unknownFile(number: number): GrowingFile {
  const file = new GrowingFile(number, "");
  const message = "the thread that began the file died";
  file.failure = { file: number, path: "", code: "WRITER-FAILED", message, isNew: false, lostBytes: 0, goneBytes: 0 };
  return file;
}

const EMPTY = new Uint8Array(0);
/** A file without a name is found by nobody. */
const REMOVED = Object.assign(new Error("ENOENT: the file, or its folder, was removed"), { code: "ENOENT" });

function codeOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "UNKNOWN";
}
