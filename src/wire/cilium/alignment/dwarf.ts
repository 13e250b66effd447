import type { DebugType } from "./debug-type.ts";
import { DwarfCursor, type DwarfUnit, type DwarfValue, readForm } from "./dwarf-form.ts";
import type { SectionFinder } from "./elf.ts";

const Tag = { MEMBER: 0x0d, STRUCT: 0x13, UNION: 0x17 } as const;
const Attribute = { NAME: 0x03, BYTE_SIZE: 0x0b, LOCATION: 0x38, TYPE: 0x49, BIT_OFFSET: 0x6b } as const;

/** The form of all entries of one code. */
interface Abbreviation {
  readonly tag: number;
  readonly hasChildren: boolean;
  readonly attributes: readonly { readonly name: number; readonly form: number; readonly implicit: number }[];
}

/** A struct or union that is being read: members' types are still offsets of entries. */
interface Draft {
  readonly at: number;
  readonly name: string;
  readonly kind: "struct" | "union";
  readonly size: number;
  readonly members: { readonly name: string; readonly typeAt: number; readonly offset: number }[];
}

/**
 * The structs and unions of an object's DWARF (versions 2 to 5); undefined where it has none. Of a relocatable object the
 * offsets are right as they stand: eBPF's relocations add to what is in place, and sections begin at 0.
 * @throws RangeError where it is cut or corrupt
 */
export function readDwarfTypes(sections: SectionFinder): DebugType[] | undefined {
  const info = sections(".debug_info");
  const abbreviations = sections(".debug_abbrev");
  if (info === undefined || abbreviations === undefined) return undefined;
  const drafts: Draft[] = [];
  const tables = new Map<number, Map<number, Abbreviation>>();
  for (let start = 0; start < info.byteLength; ) {
    const { unit, entriesAt, end, abbreviationsAt } = readUnit(info, start, sections);
    let table = tables.get(abbreviationsAt);
    if (table === undefined) {
      table = readAbbreviations(abbreviations, abbreviationsAt);
      tables.set(abbreviationsAt, table);
    }
    readEntries(new DwarfCursor(info, entriesAt), end, unit, table, drafts);
    start = end;
  }
  const indexes = new Map(drafts.map(({ at }, index) => [at, index]));
  return drafts.map(({ name, kind, size, members }) => ({
    name,
    kind,
    size,
    members: members.map((member) => ({ ...member, type: indexes.get(member.typeAt) ?? -1 })),
  }));
}

function readUnit(
  info: DataView,
  start: number,
  sections: SectionFinder,
): { unit: DwarfUnit; entriesAt: number; end: number; abbreviationsAt: number } {
  const cursor = new DwarfCursor(info, start);
  let length = cursor.uint(4);
  const offsetSize = length === 0xffffffff ? 8 : 4;
  if (offsetSize === 8) length = cursor.uint(8);
  const end = cursor.at + length;
  if (end > info.byteLength) throw new RangeError("a unit is cut");
  const version = cursor.uint(2);
  if (version < 2 || version > 5) throw new RangeError(`DWARF ${version}`);
  let addressSize = 0;
  let unitType = 1;
  if (version >= 5) {
    unitType = cursor.uint(1);
    addressSize = cursor.uint(1);
  }
  const abbreviationsAt = cursor.uint(offsetSize);
  if (version < 5) addressSize = cursor.uint(1);
  // Type units and split ones have more in their heads.
  if (unitType === 2 || unitType === 6) cursor.at += 8 + offsetSize;
  else if (unitType === 4 || unitType === 5) cursor.at += 8;
  const unit: DwarfUnit = {
    version,
    addressSize,
    offsetSize,
    start,
    strings: sections(".debug_str"),
    lineStrings: sections(".debug_line_str"),
    stringOffsets: sections(".debug_str_offsets"),
  };
  return { unit, entriesAt: cursor.at, end, abbreviationsAt };
}

function readAbbreviations(section: DataView, offset: number): Map<number, Abbreviation> {
  const table = new Map<number, Abbreviation>();
  const cursor = new DwarfCursor(section, offset);
  for (;;) {
    const code = cursor.uleb();
    if (code === 0) return table;
    const tag = cursor.uleb();
    const hasChildren = cursor.uint(1) !== 0;
    const attributes: Abbreviation["attributes"][number][] = [];
    for (;;) {
      const name = cursor.uleb();
      const form = cursor.uleb();
      const implicit = form === 0x21 ? cursor.sleb() : 0;
      if (name === 0 && form === 0) break;
      attributes.push({ name, form, implicit });
    }
    table.set(code, { tag, hasChildren, attributes });
  }
}

function readEntries(
  cursor: DwarfCursor,
  end: number,
  unit: DwarfUnit,
  table: ReadonlyMap<number, Abbreviation>,
  drafts: Draft[],
): void {
  // The entries that the next one stands in; undefined where it is no struct or union.
  const parents: (Draft | undefined)[] = [];
  while (cursor.at < end) {
    const { at } = cursor;
    const code = cursor.uleb();
    if (code === 0) {
      parents.pop();
      continue;
    }
    const abbreviation = table.get(code);
    if (abbreviation === undefined) throw new RangeError(`no abbreviation ${code}`);
    const values = new Map<number, DwarfValue>();
    for (const { name, form, implicit } of abbreviation.attributes)
      values.set(name, readForm(cursor, form, unit, implicit));
    const { tag } = abbreviation;
    const isComposite = tag === Tag.STRUCT || tag === Tag.UNION;
    const draft = isComposite ? draftOf(at, tag, values) : undefined;
    // A size is missing where a struct is only declared.
    if (draft !== undefined && values.has(Attribute.BYTE_SIZE)) drafts.push(draft);
    if (tag === Tag.MEMBER) parents.at(-1)?.members.push(memberOf(values));
    if (abbreviation.hasChildren) parents.push(draft);
  }
}

function draftOf(at: number, tag: number, values: ReadonlyMap<number, DwarfValue>): Draft {
  const kind = tag === Tag.STRUCT ? "struct" : "union";
  return { at, name: textOf(values, Attribute.NAME), kind, size: numberOf(values, Attribute.BYTE_SIZE), members: [] };
}

function memberOf(values: ReadonlyMap<number, DwarfValue>): Draft["members"][number] {
  const bits = numberOf(values, Attribute.BIT_OFFSET);
  return {
    name: textOf(values, Attribute.NAME),
    typeAt: numberOf(values, Attribute.TYPE),
    offset: numberOf(values, Attribute.LOCATION) + Math.floor(bits / 8),
  };
}

function textOf(values: ReadonlyMap<number, DwarfValue>, name: number): string {
  const value = values.get(name);
  return typeof value === "string" ? value : "";
}

function numberOf(values: ReadonlyMap<number, DwarfValue>, name: number): number {
  const value = values.get(name);
  return typeof value === "number" ? value : 0;
}
