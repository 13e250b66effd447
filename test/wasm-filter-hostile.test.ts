/** The filter under a host that answers anything: every status, maps that are none, properties of any size, calls that were never made. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { encodePairs, type Pair } from "../src/wasm-host/index.ts";
import { Random } from "./support/random.ts";

const module = new WebAssembly.Module(readFileSync(join(import.meta.dirname, "../bin/http-trace-filter.wasm")));
const ROUNDS = 300;
const EVENTS = 60;

const CALLBACKS: readonly (readonly [name: string, args: number])[] = [
  ["proxy_on_context_create", 2],
  ["proxy_on_request_headers", 3],
  ["proxy_on_request_body", 3],
  ["proxy_on_response_headers", 3],
  ["proxy_on_response_body", 3],
  ["proxy_on_http_call_response", 5],
  ["proxy_on_tick", 1],
  ["proxy_on_done", 1],
  ["proxy_on_log", 1],
  ["proxy_on_delete", 1],
  ["proxy_on_configure", 2],
  ["proxy_on_vm_start", 2],
];
const OF_STREAMS = /proxy_on_(?:request|response)_/;

test("nothing that a host answers makes it trap, or pause a stream", () => {
  const random = new Random();
  for (let round = 0; round < ROUNDS; round++) {
    const said: string[] = [];
    const guest = start(random);
    const call = (name: string, ...args: number[]): unknown => (guest[name] as (...args: number[]) => unknown)(...args);
    try {
      // A plugin and its streams, so that much of what comes afterwards is for them.
      call("proxy_on_context_create", 1, 0);
      call("proxy_on_configure", 1, 100);
      for (const stream of [2, 3, 4]) call("proxy_on_context_create", stream, 1);
      for (const stream of [2, 3]) call("proxy_on_request_headers", stream, 1, 1);
      for (let event = 0; event < EVENTS; event++) {
        const [name, count] = random.pick(CALLBACKS);
        // Few contexts, so that they are met again; any number besides.
        const args = Array.from({ length: count }, (_, at) =>
          at < 2 ? random.pick([0, 1, 2, 3, 4]) : random.pick([0, 1, 100, 70_000, 0xffff_ffff]),
        );
        if (/body$/.test(name)) args[1] = random.pick([0, 1, 57, 5000, 1_000_001]);
        said.push(`${name}(${args.join()})`);
        const result = call(name, ...args);
        if (OF_STREAMS.test(name)) assert.equal(result, 0);
      }
    } catch (error) {
      assert.fail(`seed ${random.seed}, round ${round}: ${(error as Error).message}\n${said.join("\n")}`);
    }
  }
});

/** An instance whose imports give statuses, and bytes of any kind where they give bytes. */
function start(random: Random): WebAssembly.Exports {
  const status = (): number => (random.chance(4) ? random.below(13) : 0);
  const memory = (): ArrayBuffer => (instance.exports["memory"] as WebAssembly.Memory).buffer;
  const give = (bytes: Uint8Array, pointerTo: number, sizeTo: number): number => {
    const failed = status();
    if (failed !== 0 && random.chance(2)) return failed;
    const pointer = bytes.length === 0 ? 0 : (instance.exports["malloc"] as (size: number) => number)(bytes.length);
    if (bytes.length > 0 && pointer === 0) return 6;
    new Uint8Array(memory()).set(bytes, pointer);
    const view = new DataView(memory());
    view.setUint32(pointerTo, pointer, true);
    view.setUint32(sizeTo, bytes.length, true);
    return failed;
  };
  const env: Record<string, (...args: number[]) => number> = {
    proxy_log: status,
    proxy_increment_metric: status,
    proxy_set_tick_period_milliseconds: status,
    proxy_define_metric: (_kind, _name, _size, to) => write(memory(), to!, random.below(9), status()),
    proxy_get_current_time_nanoseconds: (to) => write(memory(), to!, random.below(9), status()),
    proxy_http_call: (...args) => write(memory(), args[9]!, random.below(9), status()),
    proxy_get_buffer_bytes: (kind, _start, most, data, size) =>
      give(kind === 7 ? configuration(random) : random.bytes(Math.min(most!, 5000)), data!, size!),
    proxy_get_header_map_pairs: (_map, data, size) => give(map(random), data!, size!),
    proxy_get_header_map_value: (_map, _key, _size, data, size) => give(random.bytes(8), data!, size!),
    proxy_get_property: (_path, _size, data, size) => give(random.bytes(random.pick([0, 4, 8, 40])), data!, size!),
  };
  const instance = new WebAssembly.Instance(module, { env: env as never });
  (instance.exports["_initialize"] as () => void)();
  return instance.exports;
}

function write(buffer: ArrayBuffer, at: number, value: number, status: number): number {
  new DataView(buffer).setUint32(at, value, true);
  return status;
}

/** A map that is right, cut, or has a byte that is wrong: its count, a size, a NUL. */
function map(random: Random): Uint8Array {
  const names = [":authority", ":path", ":status", "x-request-id", "authorization", "a"];
  const bytes = encodePairs(
    random.list(8, (): Pair => [random.pick(names), Buffer.from(random.bytes(30)).toString("latin1")]),
    4,
  );
  if (random.chance(2)) return bytes;
  const wrong = random.chance(2) ? bytes : bytes.slice(0, random.below(bytes.length + 1));
  // Counts and sizes stand at the beginning.
  for (let times = random.below(4); times > 0 && wrong.length > 0; times--)
    wrong[random.below(Math.min(wrong.length, 68))] = random.pick([0, 1, 0x7f, 0xff]);
  return wrong;
}

function configuration(random: Random): Uint8Array {
  const text = JSON.stringify({
    format: random.pick(["scn", "apiclarity"]),
    body_mode: random.pick(["drop", "prefix", "none"]),
    max_body_bytes: random.pick([0, 10, 1_000_000]),
    max_memory_bytes: random.pick([1_048_576, 67_108_864]),
    sampling: { enabled: random.chance(2) },
    skip_paths: ["/\u00e9"],
    compat: random.chance(2),
    sample_rate: random.pick([0.5, 1]),
  });
  return Buffer.from(random.chance(3) ? text.slice(0, random.below(text.length)) : text);
}
