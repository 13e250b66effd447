import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SqliteStore } from "./sqlite-store.ts";

/** A store in a folder of its own that goes with the process. */
export class PassingStore {
  readonly store: SqliteStore;
  readonly #folder: string;

  private constructor(store: SqliteStore, folder: string) {
    this.store = store;
    this.#folder = folder;
  }

  /** @throws TaplineError */
  static async open(): Promise<PassingStore> {
    const folder = mkdtempSync(join(tmpdir(), "tapline-view-"));
    const store = await SqliteStore.open({ folder, keepMillis: Number.MAX_SAFE_INTEGER, maxBytes: 64 * 1024 ** 3 });
    return new PassingStore(store, folder);
  }

  /** After the store was closed. */
  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
