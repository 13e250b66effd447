import type { DebugType } from "./debug-type.ts";
import { readText } from "./elf.ts";

const BTF_MAGIC = 0xeb9f;
const Kind = {
  INT: 1,
  ARRAY: 3,
  STRUCT: 4,
  UNION: 5,
  ENUM: 6,
  FUNCTION_PROTOTYPE: 13,
  VARIABLE: 14,
  SECTION: 15,
  TAG: 17,
  ENUM64: 19,
} as const;

/**
 * The types of a section `.BTF` (Documentation/bpf/btf.rst in Linux), by their ids.
 * @throws RangeError where it is none, or is cut
 */
export function readBtfTypes(section: DataView): DebugType[] {
  if (section.getUint16(0, true) !== BTF_MAGIC) throw new RangeError("no BTF");
  const headerLength = section.getUint32(4, true);
  const typesAt = headerLength + section.getUint32(8, true);
  const typesEnd = typesAt + section.getUint32(12, true);
  const stringsAt = headerLength + section.getUint32(16, true);
  const text = (offset: number): string => readText(section, stringsAt + offset);
  // Type 0 is void.
  const types: DebugType[] = [{ name: "", kind: "other", size: 0, members: [] }];
  for (let at = typesAt; at < typesEnd; ) {
    const info = section.getUint32(at + 4, true);
    const kind = (info >>> 24) & 0x1f;
    const count = info & 0xffff;
    const hasBitfields = info >>> 31 === 1;
    const members: DebugType["members"][number][] = [];
    const body = at + 12;
    if (kind === Kind.STRUCT || kind === Kind.UNION)
      for (let i = 0; i < count; i++) {
        const member = body + 12 * i;
        const bits = section.getUint32(member + 8, true);
        const offset = (hasBitfields ? bits & 0xffffff : bits) >>> 3;
        members.push({
          name: text(section.getUint32(member, true)),
          type: section.getUint32(member + 4, true),
          offset,
        });
      }
    const size = section.getUint32(at + 8, true);
    types.push({ name: text(section.getUint32(at, true)), kind: nameOf(kind), size, members });
    at = body + bodySize(kind, count);
  }
  return types;
}

function nameOf(kind: number): DebugType["kind"] {
  return kind === Kind.STRUCT ? "struct" : kind === Kind.UNION ? "union" : "other";
}

function bodySize(kind: number, count: number): number {
  switch (kind) {
    case Kind.INT:
    case Kind.VARIABLE:
    case Kind.TAG:
      return 4;
    case Kind.ARRAY:
      return 12;
    case Kind.STRUCT:
    case Kind.UNION:
    case Kind.SECTION:
    case Kind.ENUM64:
      return 12 * count;
    case Kind.ENUM:
    case Kind.FUNCTION_PROTOTYPE:
      return 8 * count;
    default:
      return 0;
  }
}
