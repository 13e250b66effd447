import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * A fenced block of a page. Marks are comments of HTML right above it, which no reader sees: `<!-- needs: PEER -->` (it is not run: that
 * peer is not here), `<!-- shows: COMMAND -->` (it is what that command prints), `<!-- exits: CODE… -->` (other codes than 0 that its
 * commands may end with), `<!-- file: NAME -->` (commands below read it under this name).
 */
export interface Block {
  /** README.md, docs/read.md */
  readonly page: string;
  /** Where its fence is, from 1. */
  readonly line: number;
  readonly language: string;
  readonly text: string;
  readonly marks: ReadonlyMap<string, string>;
}

export const PROJECT = join(import.meta.dirname, "../../..");

/** README and all pages, in the order of their names. */
export const PAGES: readonly string[] = [
  "README.md",
  ...readdirSync(join(PROJECT, "docs"))
    .filter((name) => name.endsWith(".md"))
    .sort()
    .map((name) => `docs/${name}`),
];

/** @throws Error where a fence is not closed */
export function readBlocks(page: string, text = readFileSync(join(PROJECT, page), "utf8")): Block[] {
  const lines = text.split("\n");
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; at++) {
    const fence = /^( *)```(\S*)/.exec(lines[at]!);
    if (fence === null) continue;
    const end = lines.findIndex((line, i) => i > at && line === `${fence[1]}\`\`\``);
    if (end < 0) throw new Error(`${page}:${at + 1}: the fence is not closed`);
    const content = lines.slice(at + 1, end).map((line) => line.slice(fence[1]!.length));
    blocks.push({ page, line: at + 1, language: fence[2]!, text: content.join("\n"), marks: readMarks(lines, at) });
    at = end;
  }
  return blocks;
}

function readMarks(lines: readonly string[], fence: number): Map<string, string> {
  const marks = new Map<string, string>();
  for (let at = fence - 1; at >= 0; at--) {
    const mark = /^ *<!-- (\w+): (.*) -->$/.exec(lines[at]!);
    if (mark === null) break;
    marks.set(mark[1]!, mark[2]!);
  }
  return marks;
}
