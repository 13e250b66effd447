import type { GobCursor } from "./gob-cursor.ts";
import { GobError } from "./gob-error.ts";

/** Type ids that gob knows from the start. Types of the sender's own begin at 64. */
export const TYPE_ID = { bool: 1, int: 2, uint: 3, float: 4, bytes: 5, string: 6, complex: 7, interface: 8 } as const;
export const FIRST_USER_ID = 64;

/** Go's names of the predefined types, in its errors. */
export function describeUndefinedType(id: number): string {
  if (id >= 9 && id <= 15) return "_reserved1";
  return BOOTSTRAP_NAMES[id] ?? "<nil>";
}

const COMMON_TYPE = "CommonType = struct { Name string; Id int; }";
const BOOTSTRAP_NAMES: Readonly<Record<number, string>> = {
  17: `arrayType = struct { CommonType ${COMMON_TYPE}; Elem int; Len int; }`,
  18: COMMON_TYPE,
  19: `sliceType = struct { CommonType ${COMMON_TYPE}; Elem int; }`,
  20: `structType = struct { CommonType ${COMMON_TYPE}; Field []fieldType = struct { Name string; Id int; }; }`,
  21: "fieldType = struct { Name string; Id int; }",
  22: "[]fieldType = struct { Name string; Id int; }",
  23: `mapType = struct { CommonType ${COMMON_TYPE}; Key int; Elem int; }`,
};

/** One definition of a type as the sender describes it (`wireType`): one of the members is set. */
export interface WireType {
  array?: { readonly name: string; readonly element: number; readonly length: number };
  slice?: { readonly name: string; readonly element: number };
  struct?: WireStruct;
  map?: { readonly name: string; readonly key: number; readonly element: number };
  gobEncoder?: { readonly name: string };
  binaryMarshaler?: { readonly name: string };
  textMarshaler?: { readonly name: string };
}

export interface WireStruct {
  readonly name: string;
  readonly fields: readonly { readonly name: string; readonly id: number }[];
}

/**
 * Reads a type definition: what follows the negative type id in its message. A wireType is itself a gob struct of seven
 * optional members in the order of `WireType`; each begins with a CommonType{Name, Id}.
 */
export function readWireType(cursor: GobCursor): WireType {
  const type: WireType = {};
  readStruct(cursor, 7, (member) => {
    const parts = readMember(cursor, member);
    const { name } = parts;
    if (member === 0) type.array = { name, element: parts.second, length: parts.third };
    else if (member === 1) type.slice = { name, element: parts.second };
    else if (member === 2) type.struct = { name, fields: parts.fields };
    else if (member === 3) type.map = { name, key: parts.second, element: parts.third };
    else if (member === 4) type.gobEncoder = { name };
    else if (member === 5) type.binaryMarshaler = { name };
    else type.textMarshaler = { name };
  });
  return type;
}

/** Walks a struct: a delta to the next field's number, its value, …, and 0 (or the end of the message). */
export function readStruct(cursor: GobCursor, fieldCount: number, readField: (field: number) => void): void {
  let field = -1;
  while (cursor.remaining > 0) {
    const delta = cursor.readCount();
    if (delta === 0) return;
    if (delta >= 2 ** 63) throw new GobError("gob: decode: corrupted data: negative delta");
    if (field >= fieldCount - delta) throw new GobError("gob: bad data: field numbers out of bounds");
    field += delta;
    readField(field);
  }
}

interface Member {
  name: string;
  second: number;
  third: number;
  fields: { name: string; id: number }[];
}

const MEMBER_FIELDS = [3, 2, 2, 3, 1, 1, 1] as const;

function readMember(cursor: GobCursor, member: number): Member {
  const parts: Member = { name: "", second: 0, third: 0, fields: [] };
  readStruct(cursor, MEMBER_FIELDS[member]!, (field) => {
    if (field === 0) {
      readStruct(cursor, 2, (common) => {
        if (common === 0) parts.name = readString(cursor);
        else readId(cursor, "Id");
      });
    } else if (member === 2) parts.fields = readFields(cursor);
    else if (field === 1) parts.second = readId(cursor, member === 3 ? "Key" : "Elem");
    else parts.third = member === 3 ? readId(cursor, "Elem") : Number(cursor.readInt());
  });
  return parts;
}

function readFields(cursor: GobCursor): { name: string; id: number }[] {
  const count = readElementCount(cursor, "gob.fieldType");
  const fields: { name: string; id: number }[] = [];
  for (let i = 0; i < count; i++) {
    if (cursor.remaining === 0)
      throw new GobError(`gob: decoding array or slice: length exceeds input size (${count} elements)`);
    const field = { name: "", id: 0 };
    readStruct(cursor, 2, (part) => {
      if (part === 0) field.name = readString(cursor);
      else field.id = readId(cursor, "Id");
    });
    fields.push(field);
  }
  return fields;
}

/** Bytes of an element in Go's memory, which bound the length of a slice. */
const ELEMENT_SIZES: Readonly<Record<string, number>> = {
  "gob.fieldType": 24,
  string: 16,
  uint16: 2,
  "net.IP": 24,
  "netip.Addr": 24,
  "labels.Label": 56,
};

/** The length of a slice whose elements have this Go type. */
export function readElementCount(cursor: GobCursor, goType: string): number {
  const count = cursor.readUint();
  if (count < 2 ** 20) return Number(count);
  const size = ELEMENT_SIZES[goType] ?? 8;
  if (BigInt(count) * BigInt(size) > MAX_SLICE_BYTES)
    throw new GobError(`gob: ${goType} slice too big: ${count} elements of ${size} bytes`);
  return Number(count);
}

const MAX_SLICE_BYTES = 1n << 33n;

/** A type id, which has 32 bits. */
function readId(cursor: GobCursor, name: string): number {
  const id = cursor.readInt();
  if (id >= 2 ** 31 || id < -(2 ** 31)) throw new GobError(`value for "${name}" out of range`);
  return Number(id);
}

function readString(cursor: GobCursor): string {
  const length = cursor.readLength();
  if (length < 0) throw new GobError("gob: bad string slice length: 0");
  return cursor.takeLatin1(length);
}
