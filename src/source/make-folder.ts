import { mkdirSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Makes a folder and those above it, for the user alone; one that is there already stays as it is. `mkdirSync` with `recursive` would
 * try for ever where no folder can be made and the system says ENOENT, as in /proc.
 * @throws what `mkdirSync` throws
 */
export function makeFolder(path: string): void {
  if (tryMake(path)) return;
  makeFolder(dirname(path));
  // Another process may have made it meanwhile.
  if (!tryMake(path)) mkdirSync(path, { mode: 0o700 });
}

/** False where the folder above it is missing. */
function tryMake(path: string): boolean {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" && dirname(path) !== path) return false;
    if (code !== "EEXIST") throw error;
  }
  return true;
}
