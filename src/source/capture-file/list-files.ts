import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { describeReadError, TaplineError } from "../../model/index.ts";

/**
 * The files that a command was given: a folder stands for all files in it and in its folders, by name, numbers in names by value. Hidden ones, and those
 * that are still being written (`.partial`), do not belong to it.
 * @throws TaplineError (`input`) where a folder cannot be read, or has none
 */
export function listFiles(paths: readonly string[]): readonly string[] {
  return paths.some(isFolder) ? paths.flatMap((path) => (isFolder(path) ? listFolder(path) : [path])) : paths;
}

function isFolder(path: string): boolean {
  return path !== "-" && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function listFolder(folder: string): string[] {
  const files: string[] = [];
  try {
    const waiting = [folder];
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop())
      for (const entry of readdirSync(path, { withFileTypes: true })) {
        if (entry.name.startsWith(".") || entry.name.endsWith(".partial")) continue;
        const inner = join(path, entry.name);
        if (entry.isDirectory()) waiting.push(inner);
        else if (
          entry.isFile() ||
          (entry.isSymbolicLink() && statSync(inner, { throwIfNoEntry: false })?.isFile() === true)
        )
          files.push(inner);
      }
  } catch (cause) {
    throw new TaplineError("input", describeReadError(cause), { place: { file: folder }, cause });
  }
  if (files.length === 0)
    throw new TaplineError("input", "there is no file in this folder", { place: { file: folder } });
  return files.sort(new Intl.Collator("en", { numeric: true }).compare);
}
