import assert from "node:assert/strict";
import { test } from "node:test";
import { hexDump } from "./hex-dump.ts";

test("whole lines and a shorter last one, with their offsets", () => {
  assert.deepEqual(hexDump(new TextEncoder().encode("GET / HTTP/1.1\r\nHost"), 16), [
    "00000010  47 45 54 20 2f 20 48 54  54 50 2f 31 2e 31 0d 0a  |GET / HTTP/1.1..|",
    "00000020  48 6f 73 74                                       |Host|",
  ]);
  assert.deepEqual(hexDump(new Uint8Array(0)), []);
});
