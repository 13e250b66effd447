import { constants, openSync, unlinkSync } from "node:fs";

/**
 * Creates a file of one's own (0600) and opens it for writing. Whatever has its name already, a rest of an earlier run or a
 * link that somebody made, is removed, not written through: a link's target stays as it is.
 *
 * @returns its descriptor
 * @throws the system's error, also `EEXIST` where somebody makes the name again in between
 */
export function openExclusively(path: string): number {
  try {
    return openSync(path, EXCLUSIVE, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  unlinkSync(path);
  return openSync(path, EXCLUSIVE, 0o600);
}

const EXCLUSIVE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
