export { compileStruct, findWireType, hasCommonField, type StructReader } from "./compile.ts";
export { MAX_SIZE_OF_GO, readTypeId, StructStreamDecoder } from "./decode-stream.ts";
export { GobCursor, type Integer } from "./gob-cursor.ts";
export { EOF, GobError, UNEXPECTED_EOF } from "./gob-error.ts";
export { createStruct, type OpaqueSchema, type Schema, type StructSchema, zeroOf } from "./schema.ts";
export { skipValue } from "./skip-value.ts";
export { TypeTable } from "./type-table.ts";
export { readStruct, TYPE_ID, type WireStruct, type WireType } from "./wire-type.ts";
