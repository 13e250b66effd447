import { TYPE_ID, type WireType } from "./wire-type.ts";

/** The ids below are no structs; from it on they describe types. Two of those hold nothing but a name and an id. */
export const FIRST_BOOTSTRAP_STRUCT = 16;

const NAME_AND_ID: WireType = {
  struct: {
    name: "CommonType",
    fields: [
      { name: "Name", id: TYPE_ID.string },
      { name: "Id", id: TYPE_ID.int },
    ],
  },
};
const describedBy = (id: number): WireType => ({ struct: { name: "", fields: [{ name: "CommonType", id }] } });

/** The types that gob itself is described with, by their ids. */
export const BOOTSTRAP_TYPES: Readonly<Record<number, WireType>> = {
  16: describedBy(17),
  17: describedBy(18),
  18: NAME_AND_ID,
  19: describedBy(18),
  20: describedBy(18),
  21: NAME_AND_ID,
  22: { slice: { name: "[]fieldType", element: 21 } },
  23: describedBy(18),
  24: describedBy(18),
};
