import assert from "node:assert/strict";
import { test } from "node:test";
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { ProtobufWriter } from "./protobuf-writer.ts";

test("integers of every length are written as the library writes them", () => {
  const writer = new ProtobufWriter();
  for (let bits = 0; bits <= 53; bits++)
    for (const value of [2 ** bits - 1, 2 ** bits, 2 ** bits + 1]) {
      if (!Number.isSafeInteger(value)) continue;
      writer.writeVarint(value);
      assert.deepEqual(writer.take(), new BinaryWriter().uint64(value).finish(), `${value}`);
    }
});
