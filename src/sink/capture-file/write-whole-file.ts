import { writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { describeWriteError, TaplineError } from "../../model/index.ts";
import { makeFolder } from "../../source/make-folder.ts";

/**
 * Writes a file that only its owner may read (0600), and makes the folders that it stands in (0700).
 * @throws TaplineError `output`
 */
export function writeWholeFile(path: string, text: string): void {
  try {
    makeFolder(dirname(path));
    writeFileSync(path, text, { mode: 0o600 });
  } catch (cause) {
    throw new TaplineError("output", describeWriteError(cause), { place: { file: path }, cause });
  }
}
