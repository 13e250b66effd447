import type { Place } from "../../model/index.ts";
import type { DocumentNode } from "./document.ts";

/**
 * JSON that stands as a text in a document, as a tree: everything in it has the text's place. Undefined where it is no JSON, or
 * deeper than `maxDepth`.
 */
export function parseJsonValue(text: string, place: Place, maxDepth = 100): DocumentNode | undefined {
  try {
    return toNode(JSON.parse(text), place, maxDepth);
  } catch {
    return undefined;
  }
}

function toNode(value: unknown, place: Place, depth: number): DocumentNode {
  if (depth === 0) throw new RangeError("too deep");
  if (Array.isArray(value))
    return { kind: "sequence", items: value.map((item) => toNode(item, place, depth - 1)), place };
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).map(([key, item]) => ({
      key,
      keyPlace: place,
      value: toNode(item, place, depth - 1),
    }));
    return { kind: "mapping", entries, place };
  }
  if (typeof value === "number")
    return { kind: "scalar", value: Number.isSafeInteger(value) ? BigInt(value) : value, place };
  return { kind: "scalar", value: value as string | boolean | null, place };
}
