import { BOOTSTRAP_TYPES, FIRST_BOOTSTRAP_STRUCT } from "./bootstrap-types.ts";
import type { GobCursor, Integer } from "./gob-cursor.ts";
import { GobError } from "./gob-error.ts";
import { MAX_NESTING } from "./limits.ts";
import { createStruct, type Schema, type StructSchema, zeroOf } from "./schema.ts";
import { skipValue } from "./skip-value.ts";
import { describeUndefinedType, readElementCount, TYPE_ID, type WireStruct, type WireType } from "./wire-type.ts";

type Types = ReadonlyMap<number, WireType>;
type Target = Record<string, unknown>;

/** Decodes the fields of a struct into an object that exists: what was read before an error stays in it, as in Go. */
export type StructReader = (cursor: GobCursor, target: Target) => void;
/** Decodes a value into `target[key]`. */
type FieldReader = (cursor: GobCursor, target: Target, key: string) => void;

/**
 * The reader of the sender's struct type `id` into `schema`. It is made once a type and holds a reader for each field
 * number, so that decoding does not look at types any more.
 * @throws GobError in Go's words, when the types do not fit.
 */
export function compileStruct(types: Types, id: number, schema: StructSchema): StructReader {
  const wire = findWireType(types, id);
  if (wire === undefined && (id < 1 || id >= FIRST_BOOTSTRAP_STRUCT))
    throw new GobError("gob: unknown type id or corrupted data");
  if (wire?.struct === undefined)
    throw new GobError(`gob: type mismatch in decoder: want struct type ${schema.goType}; got non-struct`);
  const { readers, keys } = compileFields(types, wire.struct, schema);
  return (cursor, target) => {
    let field = -1;
    while (cursor.offset < cursor.end) {
      const delta = cursor.readCount();
      if (delta === 0) return;
      if (delta >= NEGATIVE) throw new GobError("gob: decode: corrupted data: negative delta");
      if (field >= readers.length - delta) throw new GobError("gob: bad data: field numbers out of bounds");
      field += delta;
      readers[field]!(cursor, target, keys[field]!);
    }
  };
}

/** The definition of a type: the sender's, or one of those that gob itself is described with. */
export function findWireType(types: Types, id: number): WireType | undefined {
  return types.get(id) ?? BOOTSTRAP_TYPES[id];
}

/** Numbers that are negative as one of Go's ints. */
const NEGATIVE = 2 ** 63;

/** Whether any field of the sender's struct has a place in `schema`. */
export function hasCommonField(wire: WireStruct, schema: StructSchema): boolean {
  return wire.fields.some(({ name }) => Object.hasOwn(schema.fields, name));
}

function compileFields(
  types: Types,
  wire: WireStruct,
  schema: StructSchema,
): { readers: FieldReader[]; keys: string[] } {
  const readers: FieldReader[] = [];
  const keys: string[] = [];
  const made: Made = new Map();
  const checked = new Set<number>();
  for (const { name, id } of wire.fields) {
    if (name === "") throw new GobError(`gob: empty name for remote field of type ${wire.name}`);
    const local = Object.hasOwn(schema.fields, name) ? schema.fields[name] : undefined;
    if (local === undefined) {
      checkSkippable(types, id, checked);
      readers.push((cursor) => skipValue(cursor, types, id));
      keys.push("");
      continue;
    }
    if (!isCompatible(types, id, local.schema))
      throw new GobError(`gob: wrong type (${local.schema.goType}) for received field ${wire.name}.${name}`);
    readers.push(compileValue(types, id, local.schema, `value for "${name}" out of range`, name, made));
    keys.push(local.key);
  }
  return { readers, keys };
}

function checkSkippable(types: Types, id: number, seen: Set<number>, depth = 0): void {
  if ((id >= 1 && id <= TYPE_ID.interface) || seen.has(id)) return;
  if (depth > MAX_NESTING) throw new GobError("invalid nesting depth");
  seen.add(id);
  const type = types.get(id);
  if (type === undefined) throw new GobError(`gob: bad data: undefined type ${describeUndefinedType(id)}`);
  if (type.array !== undefined) checkSkippable(types, type.array.element, seen, depth + 1);
  else if (type.map !== undefined) {
    checkSkippable(types, type.map.key, seen, depth + 1);
    checkSkippable(types, type.map.element, seen, depth + 1);
  } else if (type.slice !== undefined) checkSkippable(types, type.slice.element, seen, depth + 1);
  else if (type.struct !== undefined) {
    for (const field of type.struct.fields) {
      if (field.name === "") throw new GobError(`gob: empty name for remote field of type ${type.struct.name}`);
      checkSkippable(types, field.id, seen, depth + 1);
    }
  }
}

/** Go's compatibleType: whether a value of the sender's type may go into the receiver's. */
function isCompatible(types: Types, id: number, schema: Schema): boolean {
  if (schema.kind === "pointer") return isCompatible(types, id, schema.element);
  const type = types.get(id);
  if (type?.gobEncoder !== undefined || type?.textMarshaler !== undefined) return false;
  if ((schema.kind === "opaque") !== (type?.binaryMarshaler !== undefined)) return false;
  switch (schema.kind) {
    case "opaque":
    case "struct":
      return true;
    case "bool":
      return id === TYPE_ID.bool;
    case "int":
      return id === TYPE_ID.int;
    case "uint":
      return id === TYPE_ID.uint;
    case "string":
      return id === TYPE_ID.string;
    case "bytes":
      return id === TYPE_ID.bytes;
    case "slice":
      return type?.slice !== undefined && isCompatible(types, type.slice.element, schema.element);
    case "map":
      return (
        type?.map !== undefined &&
        isCompatible(types, type.map.key, schema.key) &&
        isCompatible(types, type.map.element, schema.element)
      );
  }
}

/**
 * The readers of a struct's fields by the receiver's type: of two fields of one type Go takes the first's reader for both,
 * whatever the sender's type of the second is.
 */
type Made = Map<string, FieldReader>;

/** `overflow` is what Go says of a number out of range; `path` is what it calls the value. */
function compileValue(
  types: Types,
  id: number,
  schema: Schema,
  overflow: string,
  path: string,
  made: Made,
): FieldReader {
  const isComposite = schema.kind === "struct" || schema.kind === "slice" || schema.kind === "map";
  const known = isComposite ? made.get(schema.goType) : undefined;
  if (known !== undefined) return known;
  const reader = makeReader(types, id, schema, overflow, path, made);
  if (isComposite) made.set(schema.goType, reader);
  return reader;
}

function makeReader(types: Types, id: number, schema: Schema, overflow: string, path: string, made: Made): FieldReader {
  switch (schema.kind) {
    case "bool":
      return (cursor, target, key) => {
        target[key] = cursor.readCount() !== 0;
      };
    case "int":
      return compileInt(schema.bits, overflow);
    case "uint":
      return compileUint(schema.bits, overflow);
    case "string":
      return (cursor, target, key) => {
        const length = cursor.readLength();
        if (length < 0) throw new GobError(`gob: bad ${schema.goType} slice length: 0`);
        target[key] = cursor.takeLatin1(length);
      };
    case "bytes":
      return (cursor, target, key) => {
        const length = cursor.readLength();
        if (length < 0) throw new GobError(`gob: bad ${schema.goType} slice length: 0`);
        target[key] = cursor.bytes.slice(cursor.offset, cursor.offset + length);
        cursor.offset += length;
      };
    case "opaque":
      return (cursor, target, key) => {
        const length = cursor.readLength();
        if (length < 0) throw new GobError("gob: GobDecoder: length too large for buffer");
        const parsed = schema.parse(cursor.bytes.subarray(cursor.offset, cursor.offset + length));
        cursor.offset += length;
        if ("error" in parsed) throw new GobError(parsed.error);
        target[key] = parsed.value;
      };
    case "pointer": {
      const readElement = compileValue(types, id, schema.element, overflow, path, made);
      return (cursor, target, key) => {
        if (target[key] === null) target[key] = zeroOf(schema.element);
        readElement(cursor, target, key);
      };
    }
    case "struct": {
      const read = compileStruct(types, id, schema);
      return (cursor, target, key) => {
        target[key] ??= createStruct(schema);
        read(cursor, target[key] as Target);
      };
    }
    case "slice":
      return compileSlice(types, types.get(id)!.slice!.element, schema.element, path, made);
    case "map":
      return compileMap(types, types.get(id)!.map!, schema, path, made);
  }
}

function compileInt(bits: number, overflow: string): FieldReader {
  const limit = bits === 64 ? Number.POSITIVE_INFINITY : 2 ** (bits - 1);
  return (cursor, target, key) => {
    const value: Integer = cursor.readInt();
    if (value >= limit || value < -limit) throw new GobError(overflow);
    target[key] = value;
  };
}

function compileUint(bits: number, overflow: string): FieldReader {
  const limit = bits === 64 ? Number.POSITIVE_INFINITY : 2 ** bits;
  return (cursor, target, key) => {
    const value: Integer = cursor.readUint();
    if (value >= limit) throw new GobError(overflow);
    target[key] = value;
  };
}

function compileSlice(types: Types, elementId: number, element: Schema, path: string, made: Made): FieldReader {
  // Go has loops of its own for slices of its own types, with errors of their own.
  const what = OWN_LOOPS.includes(element.goType) ? `${element.goType} array or slice` : "array or slice";
  const readString = element.goType === "string" ? readStringElement : undefined;
  const name = `element of ${path}`;
  const readElement = compileValue(types, elementId, element, `value for "${name}" out of range`, name, made);
  return (cursor, target, key) => {
    const count = readElementCount(cursor, element.goType);
    // Go's nil slice stays nil when its length is set to 0.
    if (count === 0 && target[key] === null) return;
    // An element takes at least a byte: a count beyond that is a lie that ends in an error below. Go makes the list first.
    cursor.countElements(count);
    const size = Math.min(count, Math.max(cursor.remaining, MAX_EMPTY_ELEMENTS));
    const list: unknown[] = [];
    for (let i = 0; i < size; i++) list.push(zeroOf(element));
    target[key] = list;
    for (let i = 0; i < count; i++) {
      if (cursor.remaining === 0)
        throw new GobError(`gob: decoding ${what}: length exceeds input size (${count} elements)`);
      if (readString !== undefined) list[i] = readString(cursor);
      else readElement(cursor, list as unknown as Target, i as unknown as string);
    }
  };
}

const MAX_EMPTY_ELEMENTS = 4096;
const OWN_LOOPS = ["string", "uint16"];

function readStringElement(cursor: GobCursor): string {
  const length = cursor.readUint();
  if (length > cursor.remaining) throw new GobError(`gob: length of string exceeds input size (${length} bytes)`);
  return cursor.takeLatin1(Number(length));
}

function compileMap(
  types: Types,
  wire: NonNullable<WireType["map"]>,
  schema: Extract<Schema, { kind: "map" }>,
  path: string,
  made: Made,
): FieldReader {
  const overflow = `value for "${path}" out of range`;
  const readKey = compileValue(types, wire.key, schema.key, overflow, `key of ${path}`, made);
  const readElement = compileValue(types, wire.element, schema.element, overflow, `element of ${path}`, made);
  return (cursor, target, key) => {
    const count = cursor.readCount();
    cursor.countElements(count);
    const map = (target[key] ?? new Map()) as Map<unknown, unknown>;
    target[key] = map;
    for (let i = 0; i < count; i++) {
      const entry: Target = { key: zeroOf(schema.key), element: zeroOf(schema.element) };
      readKey(cursor, entry, "key");
      readElement(cursor, entry, "element");
      map.set(entry["key"], entry["element"]);
    }
  };
}
