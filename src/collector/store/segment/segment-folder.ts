import { closeSync, fchmodSync, openSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { describeReadError, TaplineError } from "../../../model/index.ts";
import { makeFolder } from "../../../source/make-folder.ts";

/** One file of the store; they follow each other in the order of arrival. */
export interface SegmentFile {
  readonly number: number;
  readonly path: string;
}

const NAME = /^segment-(\d{8})\.sqlite$/;

/** The segments of a folder, in the order of arrival. @throws TaplineError `output` where it cannot be read: it may have been removed */
export function listSegments(folder: string): SegmentFile[] {
  return listNames(folder)
    .map((name) => NAME.exec(name))
    .filter((match) => match !== null)
    .map(([name, number]) => ({ number: Number(number), path: join(folder, name) }))
    .sort((a, b) => a.number - b.number);
}

function listNames(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? "it was removed" : describeReadError(cause);
    throw new TaplineError("output", `the folder of the store cannot be read: ${why}`, {
      place: { file: folder },
      cause,
    });
  }
}

export function segmentPath(folder: string, number: number): string {
  return join(folder, `segment-${String(number).padStart(8, "0")}.sqlite`);
}

/** The number of a file that is there. */
export function inodeOf(path: string): bigint | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
}

/** Makes a file that only its owner may read, also of one that is there: SQLite's other files beside it take over how it may be read. */
export function makePrivate(path: string): void {
  const file = openSync(path, "a", 0o600);
  try {
    fchmodSync(file, 0o600);
  } finally {
    closeSync(file);
  }
}

/** Makes the folder, for its owner alone. @throws TaplineError `output` */
export function makeStoreFolder(folder: string): void {
  try {
    makeFolder(folder);
    if (!statSync(folder).isDirectory()) throw new Error("it is no folder");
  } catch (cause) {
    throw new TaplineError("output", `the folder of the store cannot be made: ${(cause as Error).message}`, {
      place: { file: folder },
      cause,
    });
  }
}

/** The bytes that a segment takes on disk, with what SQLite keeps beside it. */
export function bytesOf({ path }: SegmentFile): number {
  let bytes = 0;
  for (const suffix of SUFFIXES) bytes += statSync(`${path}${suffix}`, { throwIfNoEntry: false })?.size ?? 0;
  return bytes;
}

/** Removes a segment: what is beside it first, so that a file whose name lasts is whole. */
export function removeSegment({ path }: SegmentFile): void {
  for (const suffix of SUFFIXES.toReversed()) rmSync(`${path}${suffix}`, { force: true });
}

const SUFFIXES = ["", "-wal", "-shm"];
