/** The work of the filter, counted in what it asks of its host, and calls that the host refuses. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { Pair } from "../src/wasm-host/index.ts";
import { CountedGuest } from "./support/wasm/counted-guest.ts";
import { ADDRESSES, requestOf, TIMES } from "./support/wasm/filter-run.ts";

const module = new WebAssembly.Module(readFileSync(join(import.meta.dirname, "../bin/http-trace-filter.wasm")));
const PROPERTIES = { ...ADDRESSES, ...TIMES };
const HEADERS: readonly Pair[] = [
  ...requestOf("/", "shop.example.com"),
  [":status", "200"],
  ...Array.from({ length: 14 }, (_, at): Pair => [`x-header-${at}`, "a value of usual length"]),
];
/** Bytes of a body that one block holds at most. */
const BLOCK = 4092;

function start(configuration: object = {}): CountedGuest {
  const guest = new CountedGuest(module, configuration, PROPERTIES);
  guest.exchange(2, HEADERS, new Uint8Array(1000), 1000);
  guest.forget();
  return guest;
}

describe("an exchange", () => {
  for (const [size, part] of [
    [0, 1],
    [1024, 1024],
    [900_000, 900_000],
    [900_000, 16_384],
    [20_000, 1],
  ] as const)
    test(`with bodies of ${size} bytes in parts of ${part}: each byte is taken once, in few calls`, () => {
      const guest = start();
      guest.exchange(3, HEADERS, new Uint8Array(size).fill(65), part);
      const parts = Math.ceil(size / part);
      const { asked } = guest;
      assert.equal(asked.get("http_call"), 1);
      assert.equal(asked.get("get_header_map_pairs"), 2);
      assert.ok((asked.get("get_buffer_bytes") ?? 0) <= 2 * (parts + Math.ceil(size / BLOCK) + 2), `${[...asked]}`);
      assert.ok(guest.calls - (asked.get("get_buffer_bytes") ?? 0) <= 20, `${[...asked]}`);
      const others = guest.given - 2 * size;
      assert.ok(others > 0 && others < 3000, `${guest.given} bytes were given`);
      const base64 = 2 * 4 * Math.ceil(size / 3);
      assert.ok(guest.reported >= base64 && guest.reported < base64 + 3000, `${guest.reported} bytes were reported`);
    });

  test("beyond the limit of a body, or without bodies at all, takes nothing more", () => {
    for (const [configuration, most] of [
      [{ max_body_bytes: 5000 }, 10_000],
      [{ max_body_bytes: 5000, body_mode: "prefix" }, 10_000],
      [{ body_mode: "none" }, 0],
      [{ skip_paths: ["/"] }, 0],
    ] as const) {
      const guest = start(configuration);
      guest.exchange(3, HEADERS, new Uint8Array(2_000_000), 1000);
      assert.ok(guest.given <= most + 3000, `${JSON.stringify(configuration)}: ${guest.given} bytes were given`);
    }
  });
});

test("a call that the host refuses, for whatever reason: an error in the log, counted, and the next one is sent", () => {
  for (let status = 1; status <= 12; status++) {
    const guest = start();
    guest.callStatus = status;
    guest.exchange(3, HEADERS, new Uint8Array(100), 100);
    assert.deepEqual(
      guest.logs.map(({ level }) => level),
      [4],
      `status ${status}`,
    );
    assert.match(guest.logs[0]!.text, /a report cannot be sent/);
    guest.callStatus = 0;
    guest.exchange(4, HEADERS, new Uint8Array(100), 100);
    assert.deepEqual(
      ["exchanges", "dispatched", "dispatch_refused"].map((name) => guest.metric(name)),
      [3, 2, 1],
      `status ${status}`,
    );
  }
});
