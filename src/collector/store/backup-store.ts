import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import { backup, DatabaseSync } from "node:sqlite";
import { TaplineError } from "../../model/index.ts";
import { makeFolder } from "../../source/make-folder.ts";
import { listSegments, makePrivate, makeStoreFolder } from "./segment/segment-folder.ts";
import { SCHEMA_VERSION, versionOf } from "./segment/segment-schema.ts";

/** How a copy went. */
export interface CopyResult {
  readonly segments: number;
  readonly exchanges: number;
}

/**
 * Copies the segments of a store into a new folder, also while a collector writes there: each as it is at a moment. What is committed after
 * that is not in it.
 * @throws TaplineError (`output`) where the folder is there and not empty, or cannot be written
 */
export async function backupStore(data: string, to: string): Promise<CopyResult> {
  const segments = segmentsOf(data);
  makeEmptyFolder(to);
  let exchanges = 0;
  for (const { path, number } of segments) {
    const target = join(to, segmentName(number));
    const source = new DatabaseSync(path, { readOnly: true });
    try {
      // Under another name until it is whole: whoever looks there sees no half of one.
      makePrivate(`${target}.part`);
      await backup(source, `${target}.part`);
      exchanges += check(`${target}.part`);
      syncFile(`${target}.part`);
      renameSync(`${target}.part`, target);
    } catch (cause) {
      rmSync(`${target}.part`, { force: true });
      if (cause instanceof TaplineError) throw cause;
      throw failed(path, cause);
    } finally {
      source.close();
    }
  }
  return { segments: segments.length, exchanges };
}

/**
 * Puts the segments of a backup into the folder of a store, which must have none; each is looked at first. @throws TaplineError
 */
export function restoreStore(from: string, data: string): CopyResult {
  const segments = segmentsOf(from);
  if (existsSync(data) && listSegments(data).length > 0)
    throw new TaplineError("output", "there are exchanges already", {
      place: { file: data },
      hint: "restore into a new folder, or move this one away",
    });
  let exchanges = 0;
  for (const { path } of segments) exchanges += check(path);
  makeStoreFolder(data);
  for (const { path, number } of segments) {
    const target = join(data, segmentName(number));
    try {
      copyFileSync(path, `${target}.part`, constants.COPYFILE_FICLONE);
      makePrivate(`${target}.part`);
      syncFile(`${target}.part`);
      renameSync(`${target}.part`, target);
    } catch (cause) {
      rmSync(`${target}.part`, { force: true });
      throw failed(target, cause);
    }
  }
  return { segments: segments.length, exchanges };
}

function segmentName(number: number): string {
  return `segment-${String(number).padStart(8, "0")}.sqlite`;
}

function segmentsOf(folder: string) {
  const found = existsSync(folder) ? listSegments(folder) : [];
  if (found.length === 0)
    throw new TaplineError("input", "there are no exchanges", {
      place: { file: folder },
      hint: "it is the folder that tapline collector has for --data",
    });
  return found;
}

function makeEmptyFolder(folder: string): void {
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new TaplineError("output", "this folder is not empty", { place: { file: folder } });
  try {
    makeFolder(folder);
  } catch (cause) {
    throw failed(folder, cause);
  }
}

/** Gives how many exchanges it has. @throws TaplineError `input` where it is damaged, or of a later version */
function check(path: string): number {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { readOnly: true });
    const [{ quick_check: verdict }] = database.prepare("PRAGMA quick_check(1)").all() as [{ quick_check: string }];
    if (verdict !== "ok") throw new Error(verdict);
    const version = versionOf(database);
    if (version > SCHEMA_VERSION)
      throw new Error(`it has version ${version}, and this program knows ${SCHEMA_VERSION}`);
    return (database.prepare("SELECT count(*) AS count FROM exchanges").get() as { count: number }).count;
  } catch (cause) {
    throw new TaplineError("input", `this segment cannot be read: ${(cause as Error).message}`, {
      place: { file: path },
      cause,
    });
  } finally {
    database?.close();
  }
}

function syncFile(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function failed(file: string, cause: unknown): TaplineError {
  return new TaplineError("output", (cause as Error).message, { place: { file }, cause });
}
