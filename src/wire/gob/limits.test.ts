import assert from "node:assert/strict";
import { test } from "node:test";
import { StructStreamDecoder } from "./decode-stream.ts";
import { MAX_DEFINITION_BYTES, MAX_ELEMENTS, MAX_NESTING, MAX_TYPES } from "./limits.ts";
import { createStruct, type StructSchema } from "./schema.ts";

const SCHEMA: StructSchema = {
  kind: "struct",
  goType: "main.Row",
  fields: {
    Names: {
      key: "names",
      schema: { kind: "slice", goType: "[]string", element: { kind: "string", goType: "string" } },
    },
  },
};
const STRING = 6;
const ROW = 65;
const FIRST_LIST = 66;

/** type Row struct { Names []string; Odd … } */
const ROW_TYPE = structType(ROW, [
  ["Names", FIRST_LIST],
  ["Odd", FIRST_LIST + 1],
]);

test("a stream that defines, nests or lists more than is allowed ends in an error, and costs no more than its bytes", () => {
  const lists = (count: number): number[][] =>
    Array.from({ length: count }, (_, i) => sliceType(FIRST_LIST + 1 + i, FIRST_LIST + 2 + i));
  const names = sliceType(FIRST_LIST, STRING);
  const plain = [ROW_TYPE, names, sliceType(FIRST_LIST + 1, STRING)];
  const listOf = (count: number): number[] => message([...int(ROW), 1, ...uint(count), ...Array(count).fill(0), 0]);
  const empty = message([...int(ROW), 0]);
  for (const [what, messages, error] of [
    ["a list as long as is allowed", [...plain, listOf(MAX_ELEMENTS)], undefined],
    ["a list that is longer", [...plain, listOf(MAX_ELEMENTS + 1)], /more than 131072 elements/],
    ["a length that is a lie", [...plain, message([...int(ROW), 1, ...uint(2 ** 19), 0])], /exceeds input size/],
    ["types nested deeply", [ROW_TYPE, names, ...lists(MAX_NESTING + 2), empty], /invalid nesting depth/],
    ["many types", [ROW_TYPE, names, ...lists(MAX_TYPES), empty], /defines more than 4096 types/],
    [
      "a definition that is long",
      [structType(ROW, [["x".repeat(MAX_DEFINITION_BYTES), STRING]]), empty],
      /in more than 1048576 bytes/,
    ],
  ] as const) {
    const found = decode(messages).error;
    if (error === undefined) assert.equal(found, undefined, what);
    else assert.match(found ?? "", error, what);
  }
});

test("a list that is sent without elements stays absent, as a nil slice does in Go", () => {
  const types = [ROW_TYPE, sliceType(FIRST_LIST, STRING), sliceType(FIRST_LIST + 1, STRING)];
  assert.deepEqual(decode([...types, message([...int(ROW), 1, 0, 0])]).target, { names: null });
});

function decode(messages: readonly (readonly number[])[]): { target: object; error: string | undefined } {
  const bytes = Uint8Array.from(messages.flat());
  const target = createStruct(SCHEMA);
  return { error: new StructStreamDecoder(SCHEMA).decode(bytes, 0, bytes.length, target), target };
}

function structType(id: number, fields: readonly (readonly [name: string, id: number])[]): number[] {
  const described = fields.flatMap(([name, type]) => [1, ...text(name), 1, ...int(type), 0]);
  return message([
    ...int(-id),
    3,
    1,
    1,
    ...text("Row"),
    1,
    ...int(id),
    0,
    1,
    ...uint(fields.length),
    ...described,
    0,
    0,
  ]);
}

function sliceType(id: number, element: number): number[] {
  return message([...int(-id), 2, 1, 2, ...int(id), 0, 1, ...int(element), 0, 0]);
}

function message(body: readonly number[]): number[] {
  return [...uint(body.length), ...body];
}

function text(value: string): number[] {
  return [...uint(value.length), ...Buffer.from(value)];
}

function int(value: number): number[] {
  return uint(value < 0 ? -value * 2 - 1 : value * 2);
}

function uint(value: number): number[] {
  if (value < 128) return [value];
  const bytes: number[] = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return [256 - bytes.length, ...bytes];
}
