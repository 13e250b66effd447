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

interface BtfType {
  readonly name: string;
  readonly kind: number;
  readonly size: number;
  readonly members: readonly { readonly name: string; readonly type: number; readonly offset: number }[];
}

/**
 * The structs in the BTF of an eBPF object: the section `.BTF` of a little-endian 64-bit ELF file. Members of structs and
 * unions without a name are found under `$struct0`, `$union0`, … as Cilium's checker names them, and under their path.
 *
 * Sources: the ELF-64 object file format; Documentation/bpf/btf.rst in Linux.
 *
 * @returns the layouts by the struct's name, or what is wrong with the file
 */
export function readStructLayouts(file: Uint8Array): ReadonlyMap<string, StructLayout> | string {
  try {
    const section = findSection(file, ".BTF");
    return typeof section === "string" ? section : layoutsOf(readTypes(section));
  } catch (error) {
    // Every read beyond the end of the file or a section.
    if (error instanceof RangeError) return "the file is cut short, or its BTF is corrupt";
    throw error;
  }
}

function findSection(file: Uint8Array, wanted: string): DataView | string {
  const view = viewOf(file);
  if (file.length < 64 || view.getUint32(0) !== 0x7f454c46) return "this is no ELF file";
  if (file[4] !== 2 || file[5] !== 1) return "this is no little-endian 64-bit ELF file";
  const headers = Number(view.getBigUint64(40, true));
  const headerSize = view.getUint16(58, true);
  const count = view.getUint16(60, true);
  const sectionOf = (index: number): { name: number; data: DataView } => {
    const at = headers + index * headerSize;
    const offset = Number(view.getBigUint64(at + 24, true));
    const size = Number(view.getBigUint64(at + 32, true));
    return {
      name: view.getUint32(at, true),
      data: view.getUint32(at + 4, true) === NO_BITS ? viewOf(file, 0, 0) : viewOf(file, offset, size),
    };
  };
  const names = sectionOf(view.getUint16(62, true)).data;
  for (let i = 1; i < count; i++) {
    const section = sectionOf(i);
    if (readText(names, section.name) === wanted) return section.data;
  }
  return `there is no section ${wanted}: compile it with debug information (clang -target bpf -g)`;
}

const NO_BITS = 8;

function readTypes(section: DataView): BtfType[] {
  if (section.getUint16(0, true) !== BTF_MAGIC) throw new RangeError("no BTF");
  const headerLength = section.getUint32(4, true);
  const typesAt = headerLength + section.getUint32(8, true);
  const typesEnd = typesAt + section.getUint32(12, true);
  const stringsAt = headerLength + section.getUint32(16, true);
  const text = (offset: number): string => readText(section, stringsAt + offset);
  // Type 0 is void.
  const types: BtfType[] = [{ name: "", kind: 0, size: 0, members: [] }];
  for (let at = typesAt; at < typesEnd; ) {
    const info = section.getUint32(at + 4, true);
    const kind = (info >>> 24) & 0x1f;
    const count = info & 0xffff;
    const hasBitfields = info >>> 31 === 1;
    const members: BtfType["members"][number][] = [];
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
    types.push({ name: text(section.getUint32(at, true)), kind, size: section.getUint32(at + 8, true), members });
    at = body + bodySize(kind, count);
  }
  return types;
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

function layoutsOf(types: readonly BtfType[]): Map<string, StructLayout> {
  const layouts = new Map<string, StructLayout>();
  for (const type of types) {
    if (type.kind !== Kind.STRUCT || type.name === "" || layouts.has(type.name)) continue;
    const members: StructMember[] = [];
    addMembers(types, type, "", 0, members, 0);
    layouts.set(type.name, { size: type.size, members });
  }
  return layouts;
}

/** Structs hold structs by value, so they cannot be nested without end; a corrupt file may say so. */
const MAX_DEPTH = 16;

function addMembers(
  types: readonly BtfType[],
  type: BtfType,
  path: string,
  base: number,
  into: StructMember[],
  depth: number,
): void {
  const counts: Record<number, number> = { [Kind.STRUCT]: 0, [Kind.UNION]: 0 };
  for (const member of type.members) {
    const inner = types[member.type];
    const isNested = inner?.kind === Kind.STRUCT || inner?.kind === Kind.UNION;
    let { name } = member;
    if (name === "" && isNested) name = `${inner.kind === Kind.UNION ? "$union" : "$struct"}${counts[inner.kind]!++}`;
    const full = path === "" || name === "" ? path + name : `${path}.${name}`;
    into.push({ name: full, offset: base + member.offset });
    if (isNested && depth < MAX_DEPTH) addMembers(types, inner, full, base + member.offset, into, depth + 1);
  }
}

function viewOf(bytes: Uint8Array, offset = 0, size = bytes.length): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset + offset, Math.min(size, bytes.length - offset));
}

function readText(view: DataView, offset: number): string {
  let text = "";
  for (let at = offset; at < view.byteLength; at++) {
    const byte = view.getUint8(at);
    if (byte === 0) break;
    text += String.fromCharCode(byte);
  }
  return text;
}
