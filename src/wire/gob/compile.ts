import type { GobCursor, Integer } from "./gob-cursor.ts";
import { GobError } from "./gob-error.ts";
import { createStruct, type Schema, type StructSchema, zeroOf } from "./schema.ts";
import { skipValue } from "./skip-value.ts";
import { TYPE_ID, type WireStruct, type WireType } from "./wire-type.ts";

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
  const wire = types.get(id);
  if (wire === undefined && (id < 1 || id > TYPE_ID.interface))
    throw new GobError("gob: unknown type id or corrupted data");
  if (wire?.struct === undefined)
    throw new GobError(`gob: type mismatch in decoder: want struct type ${schema.goType}; got non-struct`);
  const { readers, keys } = compileFields(types, wire.struct, schema);
  return (cursor, target) => {
    let field = -1;
    while (cursor.offset < cursor.end) {
      const delta = cursor.readCount();
      if (delta === 0) return;
      if (field >= readers.length - delta) throw new GobError("gob: bad data: field numbers out of bounds");
      field += delta;
      readers[field]!(cursor, target, keys[field]!);
    }
  };
}

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
  for (const { name, id } of wire.fields) {
    if (name === "") throw new GobError(`gob: empty name for remote field of type ${wire.name}`);
    const local = Object.hasOwn(schema.fields, name) ? schema.fields[name] : undefined;
    if (local === undefined) {
      checkSkippable(types, id, new Set());
      readers.push((cursor) => skipValue(cursor, types, id));
      keys.push("");
      continue;
    }
    if (!isCompatible(types, id, local.schema))
      throw new GobError(`gob: wrong type (${local.schema.goType}) for received field ${wire.name}.${name}`);
    readers.push(compileValue(types, id, local.schema, `value for "${name}" out of range`, name));
    keys.push(local.key);
  }
  return { readers, keys };
}

function checkSkippable(types: Types, id: number, seen: Set<number>): void {
  if ((id >= 1 && id <= TYPE_ID.interface) || seen.has(id)) return;
  seen.add(id);
  const type = types.get(id);
  if (type === undefined) throw new GobError("gob: bad data: undefined type <nil>");
  if (type.array !== undefined) checkSkippable(types, type.array.element, seen);
  else if (type.map !== undefined) {
    checkSkippable(types, type.map.key, seen);
    checkSkippable(types, type.map.element, seen);
  } else if (type.slice !== undefined) checkSkippable(types, type.slice.element, seen);
  else if (type.struct !== undefined) {
    for (const field of type.struct.fields) {
      if (field.name === "") throw new GobError(`gob: empty name for remote field of type ${type.struct.name}`);
      checkSkippable(types, field.id, seen);
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

/** `overflow` is what Go says of a number out of range; `path` is what it calls the value. */
function compileValue(types: Types, id: number, schema: Schema, overflow: string, path: string): FieldReader {
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
      const readElement = compileValue(types, id, schema.element, overflow, path);
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
      return compileSlice(types, types.get(id)!.slice!.element, schema.element, path);
    case "map":
      return compileMap(types, types.get(id)!.map!, schema, path);
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

function compileSlice(types: Types, elementId: number, element: Schema, path: string): FieldReader {
  const name = `element of ${path}`;
  const readElement = compileValue(types, elementId, element, `value for "${name}" out of range`, name);
  return (cursor, target, key) => {
    const count = cursor.readCount();
    // An element takes at least a byte: a count beyond that is a lie that ends in an error below.
    const size = Math.min(count, cursor.remaining);
    const list: unknown[] = [];
    for (let i = 0; i < size; i++) list.push(zeroOf(element));
    target[key] = list;
    for (let i = 0; i < count; i++) {
      if (cursor.remaining === 0)
        throw new GobError(`gob: decoding array or slice: length exceeds input size (${count} elements)`);
      readElement(cursor, list as unknown as Target, i as unknown as string);
    }
  };
}

function compileMap(
  types: Types,
  wire: NonNullable<WireType["map"]>,
  schema: Extract<Schema, { kind: "map" }>,
  path: string,
): FieldReader {
  const overflow = `value for "${path}" out of range`;
  const readKey = compileValue(types, wire.key, schema.key, overflow, `key of ${path}`);
  const readElement = compileValue(types, wire.element, schema.element, overflow, `element of ${path}`);
  return (cursor, target, key) => {
    const count = cursor.readCount();
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
