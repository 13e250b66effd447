import { readText } from "./elf.ts";

/** The value of one attribute of an entry. */
export type DwarfValue = number | string | undefined;

/** Where an attribute's value is read from. */
export interface DwarfUnit {
  readonly version: number;
  readonly addressSize: number;
  /** Bytes of an offset: 4, or 8 in the 64-bit format. */
  readonly offsetSize: number;
  /** Where the unit begins in `.debug_info`: references are counted from there. */
  readonly start: number;
  readonly strings: DataView | undefined;
  readonly lineStrings: DataView | undefined;
  readonly stringOffsets: DataView | undefined;
}

/** Reads a section from one end to the other. */
export class DwarfCursor {
  readonly view: DataView;
  at: number;

  constructor(view: DataView, at: number) {
    this.view = view;
    this.at = at;
  }

  uint(size: number): number {
    const { view, at } = this;
    this.at += size;
    if (size === 1) return view.getUint8(at);
    if (size === 2) return view.getUint16(at, true);
    if (size === 3) return view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
    if (size === 4) return view.getUint32(at, true);
    return Number(view.getBigUint64(at, true));
  }

  /** LEB128; beyond 2^53 no longer exact. */
  uleb(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.uint(1);
      value += (byte & 0x7f) * factor;
      if (byte < 128) return value;
    }
  }

  sleb(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.uint(1);
      value += (byte & 0x7f) * factor;
      if (byte < 128) return byte >= 64 ? value - factor * 128 : value;
    }
  }
}

/**
 * The value of an attribute of that form (DWARF 5, section 7.5.6), and steps over it: numbers, texts and references as they
 * are, of expressions the offset they add; undefined of what is of no use here.
 * @throws RangeError for a form that does not exist, and beyond the section's end
 */
export function readForm(cursor: DwarfCursor, form: number, unit: DwarfUnit, implicit: number): DwarfValue {
  const size = FIXED[form];
  if (size !== undefined) {
    const value = size > 8 ? skip(cursor, size) : cursor.uint(size);
    return REFERENCES.has(form) ? unit.start + (value ?? 0) : value;
  }
  switch (form) {
    case 0x01:
      return cursor.uint(unit.addressSize);
    case 0x03:
      return skip(cursor, cursor.uint(2));
    case 0x04:
      return skip(cursor, cursor.uint(4));
    case 0x08: {
      const text = readText(cursor.view, cursor.at);
      cursor.at += text.length + 1;
      return text;
    }
    case 0x09:
    case 0x18:
      return readExpression(cursor, cursor.uleb());
    case 0x0a:
      return readExpression(cursor, cursor.uint(1));
    case 0x0d:
      return cursor.sleb();
    case 0x0e:
      return textAt(unit.strings, cursor.uint(unit.offsetSize));
    case 0x0f:
    case 0x1b:
    case 0x22:
    case 0x23:
      return cursor.uleb();
    case 0x10:
      return cursor.uint(unit.version <= 2 ? unit.addressSize : unit.offsetSize);
    case 0x15:
      return unit.start + cursor.uleb();
    case 0x16:
      return readForm(cursor, cursor.uleb(), unit, implicit);
    case 0x17:
    case 0x1d:
      return cursor.uint(unit.offsetSize);
    case 0x19:
      return 1;
    case 0x1a:
      return indexedText(unit, cursor.uleb());
    case 0x1f:
      return textAt(unit.lineStrings, cursor.uint(unit.offsetSize));
    case 0x21:
      return implicit;
    case 0x25:
    case 0x26:
    case 0x27:
    case 0x28:
      return indexedText(unit, cursor.uint(form - 0x24));
    default:
      throw new RangeError(`form ${form}`);
  }
}

/** Forms of a fixed size: data, flags, references, indexes of addresses. */
const FIXED: Readonly<Record<number, number>> = {
  5: 2,
  6: 4,
  7: 8,
  11: 1,
  12: 1,
  17: 1,
  18: 2,
  19: 4,
  20: 8,
  28: 4,
  30: 16,
  32: 8,
  36: 8,
  41: 1,
  42: 2,
  43: 3,
  44: 4,
};
const REFERENCES: ReadonlySet<number> = new Set([0x11, 0x12, 0x13, 0x14]);

function skip(cursor: DwarfCursor, size: number): undefined {
  cursor.at += size;
  return undefined;
}

/** The number in DW_OP_plus_uconst: where a member stands, as old compilers say it. */
function readExpression(cursor: DwarfCursor, size: number): number | undefined {
  const end = cursor.at + size;
  const value = size >= 2 && cursor.uint(1) === 0x23 ? cursor.uleb() : undefined;
  cursor.at = end;
  return value;
}

function textAt(section: DataView | undefined, offset: number): string {
  return section === undefined ? "" : readText(section, offset);
}

/** DWARF 5: the offsets of texts stand in a table, behind its header. */
function indexedText(unit: DwarfUnit, index: number): string {
  const { stringOffsets: table, offsetSize } = unit;
  if (table === undefined) return "";
  const header = offsetSize === 8 ? 16 : 8;
  return textAt(unit.strings, new DwarfCursor(table, header + index * offsetSize).uint(offsetSize));
}
