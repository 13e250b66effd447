import type { Body } from "../../model/index.ts";
import { bodyText } from "../content/body-text.ts";
import { templatePath } from "../routes/template-path.ts";

/**
 * The fields of a JSON body, each with its type: `items[].price number`. Members whose names are identifiers are one, `{id}`. At most
 * `MOST_PATHS` fields, `MOST_DEPTH` deep, of the first `MOST_ITEMS` of an array.
 * @returns undefined where it is no JSON, or not all of it was kept
 */
export function shapeOf(body: Body, type: string | undefined): Set<string> | undefined {
  if (body.truncated || !body.complete || body.bytes.length === 0) return undefined;
  const first = body.bytes.find((byte) => byte > 0x20);
  if (first !== 0x7b && first !== 0x5b) return undefined;
  if (type !== undefined && /event-stream|ndjson|jsonl/i.test(type)) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(bodyText(body)!);
  } catch {
    return undefined;
  }
  const paths = new Set<string>();
  collect(value, "", 0, paths);
  return paths;
}

const MOST_PATHS = 256;
const MOST_DEPTH = 8;
const MOST_ITEMS = 16;

function collect(value: unknown, path: string, depth: number, into: Set<string>): void {
  if (into.size >= MOST_PATHS) return;
  if (Array.isArray(value)) {
    if (path !== "") into.add(`${path} array`);
    if (depth < MOST_DEPTH) for (const item of value.slice(0, MOST_ITEMS)) collect(item, `${path}[]`, depth + 1, into);
  } else if (typeof value === "object" && value !== null) {
    if (path !== "") into.add(`${path} object`);
    if (depth >= MOST_DEPTH) return;
    for (const name in value) {
      const shown = templatePath(name);
      collect((value as Record<string, unknown>)[name], path === "" ? shown : `${path}.${shown}`, depth + 1, into);
    }
  } else into.add(`${path} ${value === null ? "null" : typeof value}`.trim());
}
