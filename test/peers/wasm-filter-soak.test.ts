/** The filter in its host over tens of thousands of exchanges, and over large bodies: its memory stays where it was. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pair } from "../../src/wasm-host/index.ts";
import { FilterRun, loadOwnFilter, requestOf } from "../support/wasm/filter-run.ts";

const filter = await loadOwnFilter();
const OK: Pair[] = [[":status", "200"]];

for (const [name, count, body, most] of [
  ["20 000 exchanges of 1 KB", 20_000, [new Uint8Array(1024).fill(65)], 1024 * 1024],
  ["400 exchanges of 900 KB both ways", 400, Array(55).fill(new Uint8Array(16_384)), 16 * 1024 * 1024],
] as const)
  test(name, () => {
    const run = new FilterRun(filter);
    let before = 0;
    for (let at = 0; at < count; at++) {
      run.exchange({ request: requestOf(), requestBody: body, response: OK, responseBody: body });
      run.answer(at, {});
      run.calls.length = 0;
      if (at === 20) before = run.memory;
    }
    assert.equal(run.memory, before);
    assert.ok(before < most, `${before} bytes`);
    assert.equal(run.count("delivered"), count);
  });
