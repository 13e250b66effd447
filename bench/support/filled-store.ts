import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { SqliteStore } from "../../src/collector/store/sqlite-store.ts";
import { fillStore } from "./fill-store.ts";

/** The folder of a store of so many exchanges of one day, which is filled once, for minutes: `STORE`, or in the folder of caches. */
export function filledStoreFolder(rows: number): string {
  const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  return process.env["STORE"] ?? join(cache, `tapline/bench-store-${rows}`);
}

/** Opens it; filled where it is not yet. */
export async function openFilledStore(rows: number): Promise<SqliteStore> {
  const folder = filledStoreFolder(rows);
  const isFilled = existsSync(folder);
  const store = await SqliteStore.open({ folder, keepMillis: Number.MAX_SAFE_INTEGER, maxBytes: 64 * 1024 ** 3 });
  if (!isFilled) await fillStore(store, rows);
  return store;
}
