import {
  compileStruct,
  findWireType,
  GobError,
  hasCommonField,
  type StructSchema,
  type WireType,
} from "../../gob/index.ts";

/** How the fields of the sender's struct are read. */
export interface Plan {
  /** The action for each field number of the sender. */
  readonly operations: readonly number[];
  readonly ids: readonly number[];
}

/** The plan for the struct type `id`. @throws GobError where it does not fit */
export function makePlan(types: ReadonlyMap<number, WireType>, id: number): Plan {
  // Checks the types and words what does not fit; its reader is too general for this path.
  compileStruct(types, id, SCHEMA);
  const struct = findWireType(types, id)!.struct!;
  if (struct.fields.length > 0 && !hasCommonField(struct, SCHEMA))
    throw new GobError("gob: type mismatch: no fields matched compiling decoder for Payload");
  return {
    operations: struct.fields.map(({ name, id }) => {
      if (name === "Time") return id === INT_TYPE ? TIME : SKIP;
      return Object.hasOwn(OPERATION_OF, name) ? OPERATION_OF[name]! : SKIP;
    }),
    ids: struct.fields.map(({ id }) => id),
  };
}

export const SKIP = 0;
export const DATA = 1;
export const CPU = 2;
export const LOST = 3;
export const TYPE = 4;
export const TIME = 5;
/** The type that gob has for whole numbers. */
const INT_TYPE = 2;
const OPERATION_OF: Readonly<Record<string, number>> = { Data: DATA, CPU, Lost: LOST, Type: TYPE };

const SCHEMA: StructSchema = {
  kind: "struct",
  goType: "payload.Payload",
  fields: {
    Data: { key: "data", schema: { kind: "bytes", goType: "[]uint8" } },
    CPU: { key: "cpu", schema: { kind: "int", bits: 64, goType: "int" } },
    Lost: { key: "lost", schema: { kind: "uint", bits: 64, goType: "uint64" } },
    Type: { key: "type", schema: { kind: "int", bits: 64, goType: "int" } },
  },
};
