import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const PAGE = join(import.meta.dirname, "../../dist/page");

/** The scripts of the built page that the browser has to have before anything is shown: those that others import as they start. */
export function scriptsBeforeEditors(): {
  readonly names: readonly string[];
  readonly text: string;
  readonly compressed: number;
} {
  const names = ["main.js"];
  const texts: string[] = [];
  // It grows while it is walked through.
  for (const name of names) {
    const text = readFileSync(join(PAGE, name), "utf8");
    texts.push(text);
    for (const [, imported] of text.matchAll(/(?:from|import)\s*"\.\/([\w-]+\.js)"/g))
      if (!names.includes(imported!)) names.push(imported!);
  }
  const compressed = texts.reduce((sum, text) => sum + gzipSync(text).length, 0);
  return { names, text: texts.join("\n"), compressed };
}
