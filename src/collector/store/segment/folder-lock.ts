import { existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describeWriteError, TaplineError } from "../../../model/index.ts";
import { makePrivate } from "./segment-folder.ts";

/**
 * Holds a store's folder for one writer, until it closes it or its process ends, however it ends: two would give the same numbers, and each would lose what
 * it had acknowledged. SQLite's lock of an empty database is the operating system's.
 */
export class FolderLock {
  readonly #database: DatabaseSync;

  /** @throws TaplineError `output` where another writer holds it, or nothing can be written there */
  constructor(folder: string) {
    const path = join(folder, "writer.lock");
    try {
      // Closing a file lets go of all locks that this process has on it: one that is there is not touched.
      if (!existsSync(path)) makePrivate(path);
      this.#database = new DatabaseSync(path);
      this.#database.exec("BEGIN EXCLUSIVE");
    } catch (cause) {
      if ((cause as { errcode?: number }).errcode === SQLITE_BUSY)
        throw new TaplineError("output", "another process keeps exchanges in this folder", {
          place: { file: folder },
          hint: "--data names another one",
        });
      throw new TaplineError("output", describeWriteError(cause), { place: { file: path }, cause });
    }
  }

  close(): void {
    this.#database.close();
  }
}

/** https://sqlite.org/rescode.html */
const SQLITE_BUSY = 5;
