import type { GobCursor } from "./gob-cursor.ts";
import { GobError } from "./gob-error.ts";
import { MAX_NESTING } from "./limits.ts";
import { describeUndefinedType, readStruct, TYPE_ID, type WireType } from "./wire-type.ts";

/** Reads over a value of the sender's type `id` that the receiver has no field for. */
export function skipValue(cursor: GobCursor, types: ReadonlyMap<number, WireType>, id: number, depth = 0): void {
  if (depth > MAX_NESTING) throw new GobError("invalid nesting depth");
  switch (id) {
    case TYPE_ID.bool:
    case TYPE_ID.int:
    case TYPE_ID.uint:
    case TYPE_ID.float:
      cursor.readCount();
      return;
    case TYPE_ID.complex:
      cursor.readCount();
      cursor.readCount();
      return;
    case TYPE_ID.bytes:
    case TYPE_ID.string:
      skipBytes(cursor, "gob: slice length too large");
      return;
    default:
      skipUserValue(cursor, types, id, depth);
  }
}

function skipUserValue(cursor: GobCursor, types: ReadonlyMap<number, WireType>, id: number, depth: number): void {
  const type = types.get(id);
  if (type?.array !== undefined) {
    const count = cursor.readCount();
    if (count !== type.array.length) throw new GobError("gob: length mismatch in ignoreArray");
    skipElements(cursor, types, count, [type.array.element], depth);
  } else if (type?.map !== undefined) {
    skipElements(cursor, types, cursor.readCount(), [type.map.key, type.map.element], depth);
  } else if (type?.slice !== undefined) {
    skipElements(cursor, types, cursor.readCount(), [type.slice.element], depth);
  } else if (type?.struct !== undefined) {
    const { fields } = type.struct;
    readStruct(cursor, fields.length, (field) => skipValue(cursor, types, fields[field]!.id, depth + 1));
  } else if (type?.gobEncoder ?? type?.binaryMarshaler ?? type?.textMarshaler) {
    skipBytes(cursor, "gob: GobDecoder: length too large for buffer");
  } else {
    throw new GobError(
      type === undefined
        ? `gob: bad data: undefined type ${describeUndefinedType(id)}`
        : "gob: bad data: ignore can't handle type",
    );
  }
}

function skipElements(
  cursor: GobCursor,
  types: ReadonlyMap<number, WireType>,
  count: number,
  ids: readonly number[],
  depth: number,
): void {
  for (let i = 0; i < count; i++) {
    // An element takes a byte at least, so a count that lies ends here and not after 2^64 rounds. An empty struct may take
    // none at the end of a message.
    if (cursor.remaining === 0)
      throw new GobError(`gob: decoding array or slice: length exceeds input size (${count} elements)`);
    for (const id of ids) skipValue(cursor, types, id, depth + 1);
  }
}

function skipBytes(cursor: GobCursor, tooLong: string): void {
  const length = cursor.readLength();
  if (length < 0) throw new GobError(tooLong);
  cursor.offset += length;
}
