import type { Place } from "../../model/index.ts";

/**
 * A configuration document (YAML or JSON) as a tree in which every value and every key knows its place. Anchors are resolved:
 * an alias is the node that it names, at the place where that stands.
 */
export type DocumentNode = MappingNode | SequenceNode | ScalarNode;

export interface MappingNode {
  readonly kind: "mapping";
  /** In the order of the document; no key is there twice. */
  readonly entries: readonly MappingEntry[];
  readonly place: Place;
}

export interface MappingEntry {
  readonly key: string;
  readonly keyPlace: Place;
  readonly value: DocumentNode;
}

export interface SequenceNode {
  readonly kind: "sequence";
  readonly items: readonly DocumentNode[];
  readonly place: Place;
}

/** Integers are bigints: a `uint64` may be larger than a double holds. */
export interface ScalarNode {
  readonly kind: "scalar";
  readonly value: string | bigint | number | boolean | null;
  /** The characters of a number with a fraction, where it stands without quotes: a text may be spelt so. */
  readonly source?: string;
  readonly place: Place;
}

/** Describes a node in messages: `a mapping`, `a list`, `the number 5`, `"text"`, `nothing`. */
export function describeNode(node: DocumentNode): string {
  if (node.kind === "mapping") return "a mapping";
  if (node.kind === "sequence") return "a list";
  if (node.value === null) return "nothing";
  if (typeof node.value === "string") return JSON.stringify(shorten(node.value));
  return typeof node.value === "boolean" ? String(node.value) : `the number ${node.value}`;
}

export function isNull(node: DocumentNode): boolean {
  return node.kind === "scalar" && node.value === null;
}

function shorten(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}
