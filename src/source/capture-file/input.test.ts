import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { openInput } from "./input.ts";

const WAITING: readonly (readonly [what: string, came: Uint8Array, head: string])[] = [
  ["nothing", new Uint8Array(0), ""],
  ["less than tells what it is", Buffer.from("{"), "{"],
  ["the beginning of a packed file", gzipSync("0123456789").subarray(0, 10), ""],
];

for (const [what, came, head] of WAITING)
  test(`a pipe through which ${what} came is not waited for when it is given up`, async () => {
    const stdin = new PassThrough();
    stdin.write(came);
    const controller = new AbortController();
    const opening = openInput("-", { stdin, signal: controller.signal });
    setImmediate(() => controller.abort());
    const input = await opening.catch((error: Error) => error.message);
    if (typeof input === "string") return assert.match(input, /ends in the middle/);
    assert.equal(Buffer.from(input.head).toString(), head);
    for await (const chunk of input.chunks()) assert.deepEqual(chunk, input.head);
    await input.close();
  });
