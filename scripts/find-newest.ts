import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** When the newest of these files, and of those in these folders, was changed (milliseconds since 1970); 0 where there are none. */
export function findNewest(paths: readonly string[]): number {
  let time = 0;
  for (const path of paths) {
    const facts = statSync(path, { throwIfNoEntry: false });
    if (facts === undefined) continue;
    // A file that is gone changed its folder.
    time = Math.max(time, facts.mtimeMs);
    if (facts.isDirectory()) time = Math.max(time, findNewest(readdirSync(path).map((name) => join(path, name))));
  }
  return time;
}
