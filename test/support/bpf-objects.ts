import assert from "node:assert/strict";
import { findProgram } from "./needs.ts";

/** A compiler for eBPF; undefined where there is none. */
export const CLANG = ["clang", "clang-14", "clang-16", "clang-18"].find((name) => findProgram(name) !== undefined);

/** The object with its section .BTF under another name. */
export function withoutBtf(object: Uint8Array): Uint8Array {
  const at = Buffer.from(object).indexOf(".BTF\0");
  assert.ok(at > 0);
  return object.slice().fill(0x58, at + 1, at + 2);
}
