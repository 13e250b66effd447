import { basename, dirname, join } from "node:path";
import type { FileSystem } from "./batch/file-system.ts";

/** How many finished files of a sink stay. */
export interface Retention {
  readonly keep: number;
  readonly pathPrefix: string;
  /** With the dot. */
  readonly extension: string;
}

/**
 * The finished files of one sink, the oldest first, those of earlier runs among them. Files of other processes that finish
 * meanwhile are not seen.
 */
export class RetainedFiles {
  readonly #fileSystem: FileSystem;
  readonly #retention: Retention;
  #paths: string[] | undefined;

  constructor(fileSystem: FileSystem, retention: Retention) {
    this.#fileSystem = fileSystem;
    this.#retention = retention;
  }

  /** One more was finished. Deletes what is too many, and gives how many files that were. */
  add(path: string): number {
    this.#paths ??= this.#listOthers(path);
    this.#paths.push(path);
    let deleted = 0;
    while (this.#paths.length > this.#retention.keep) {
      try {
        this.#fileSystem.remove(this.#paths.shift()!);
        deleted++;
      } catch {
        // Somebody else deleted it, or nobody may: it does not count any more.
      }
    }
    return deleted;
  }

  #listOthers(path: string): string[] {
    const { pathPrefix, extension } = this.#retention;
    const directory = dirname(path);
    const start = `${basename(`${pathPrefix}_`)}`;
    return this.#fileSystem
      .list(directory)
      .filter(({ name }) => name.startsWith(start) && name.endsWith(extension))
      .filter(({ name }) => OWN_NAME.test(name.slice(start.length, -extension.length)))
      .filter(({ name }) => name !== basename(path))
      .sort((one, other) => one.modifiedMillis - other.modifiedMillis || (one.name < other.name ? -1 : 1))
      .map(({ name }) => join(directory, name));
  }
}

/** The part of a name between prefix and extension: the id of a trace, or the beginning, process and number of a file of many. */
const OWN_NAME = /^(?:\d+|\d{8}T\d{6}Z_\d+-\d+)$/;
