import { existsSync, readFileSync } from "node:fs";
import { describeReadError, type ErrorCode, TaplineError } from "../model/index.ts";

/**
 * A file's bytes, all of them; of stdin for `-`: for files that are small by their nature (keys, configurations).
 * @throws TaplineError with the code, and the file as its place
 */
export function readWholeFile(path: string, code: ErrorCode = "input"): Buffer {
  try {
    return readFileSync(path === "-" ? 0 : path);
  } catch (cause) {
    throw new TaplineError(code, describeReadError(cause), { place: { file: path }, cause });
  }
}

/** The same for whoever words the failure itself: throws what `node:fs` throws. */
export function readBytes(path: string): Buffer {
  return readFileSync(path);
}

export function fileExists(path: string): boolean {
  return existsSync(path);
}
