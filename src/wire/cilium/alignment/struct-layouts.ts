import { readBtfTypes } from "./btf.ts";
import type { DebugType } from "./debug-type.ts";
import { readDwarfTypes } from "./dwarf.ts";
import { openElf } from "./elf.ts";

/** One member of a struct, where a compiler has put it. */
export interface StructMember {
  readonly name: string;
  /** Bytes from the struct's beginning. */
  readonly offset: number;
}

export interface StructLayout {
  /** Bytes. */
  readonly size: number;
  readonly members: readonly StructMember[];
}

/**
 * The structs named `wanted` in the debug information of an eBPF object: of its BTF, and of its DWARF (versions 4 and 5) those
 * that BTF lacks. Members of structs and unions without a name are found under `$struct0`, `$union0`, … as Cilium's checker
 * names them, and under their path.
 *
 * @returns the layouts by the struct's name, or what is wrong with the file
 */
export function readStructLayouts(
  file: Uint8Array,
  wanted: readonly string[],
): ReadonlyMap<string, StructLayout> | string {
  try {
    const sections = openElf(file);
    if (typeof sections === "string") return sections;
    const btf = sections(".BTF");
    const layouts = btf === undefined ? new Map<string, StructLayout>() : layoutsOf(readBtfTypes(btf));
    if (wanted.every((name) => layouts.has(name))) return layouts;
    const dwarf = readDwarfTypes(sections);
    if (dwarf === undefined && btf === undefined)
      return "there is no section .BTF nor .debug_info: compile it with debug information (clang -target bpf -g)";
    return new Map([...layoutsOf(dwarf ?? []), ...layouts]);
  } catch (error) {
    // Every read beyond the end of the file or a section.
    if (error instanceof RangeError) return "the file is cut short, or its debug information is corrupt";
    throw error;
  }
}

function layoutsOf(types: readonly DebugType[]): Map<string, StructLayout> {
  const layouts = new Map<string, StructLayout>();
  for (const type of types) {
    if (type.kind !== "struct" || type.name === "" || layouts.has(type.name)) continue;
    const members: StructMember[] = [];
    addMembers(types, type, "", 0, members, 0);
    layouts.set(type.name, { size: type.size, members });
  }
  return layouts;
}

/** Structs hold structs by value, so they cannot be nested without end; a corrupt file may say so. */
const MAX_DEPTH = 16;
/** Members of one struct, those of structs in it included: more than a compiler makes, and what a corrupt file may cost. */
const MAX_MEMBERS = 10_000;

function addMembers(
  types: readonly DebugType[],
  type: DebugType,
  path: string,
  base: number,
  into: StructMember[],
  depth: number,
): void {
  const counts = { struct: 0, union: 0 };
  for (const member of type.members) {
    if (into.length >= MAX_MEMBERS) return;
    const inner = types[member.type];
    let { name } = member;
    if (name === "" && inner !== undefined && inner.kind !== "other") name = `$${inner.kind}${counts[inner.kind]++}`;
    const full = path === "" || name === "" ? path + name : `${path}.${name}`;
    into.push({ name: full, offset: base + member.offset });
    if (inner !== undefined && inner.kind !== "other" && depth < MAX_DEPTH)
      addMembers(types, inner, full, base + member.offset, into, depth + 1);
  }
}
