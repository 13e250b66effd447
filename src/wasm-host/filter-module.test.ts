import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { BASICS, buildModule, I32, op, type TestModule } from "../../test/support/wasm/build-module.ts";
import { loadFilter } from "./filter-module.ts";
import { Machine } from "./machine.ts";
import { Plugin } from "./plugin.ts";
import { createServices } from "./services.ts";

const load = (module: TestModule) => loadFilter(buildModule(module));

describe("a module is a filter when it", () => {
  test("says the version of its ABI", async () => {
    for (const [marker, abi] of [
      ["proxy_abi_version_0_1_0", "0.1.0"],
      ["proxy_abi_version_0_2_0", "0.2.0"],
      ["proxy_abi_version_0_2_1", "0.2.1"],
    ] as const)
      assert.equal((await load({ functions: [{ name: marker }, BASICS[1]!] })).abi, abi);
  });

  for (const [name, module, says] of [
    ["no version", { functions: [BASICS[1]!] }, /no proxy_abi_version/],
    ["two versions", { functions: [...BASICS, { name: "proxy_abi_version_0_1_0" }] }, /several versions/],
    ["a version of tomorrow", { functions: [{ name: "proxy_abi_version_0_3_0" }, BASICS[1]!] }, /unknown version/],
    ["no allocator", { functions: [BASICS[0]!] }, /no allocator: proxy_on_memory_allocate or malloc/],
    ["no memory", { functions: BASICS, memory: false }, /does not export its memory/],
    ["an import that no proxy has", { functions: BASICS, imports: [{ name: "abort" }] }, /missing import: env\.abort/],
    [
      "an import of another module",
      { functions: BASICS, imports: [{ module: "host", name: "proxy_log" }] },
      /missing import: host\.proxy_log/,
    ],
  ] as const)
    test(`and is none with ${name}`, async () => {
      await assert.rejects(load(module), { name: "TaplineError", code: "input", message: says });
    });

  test("and is none when it is damaged; the file is named", async () => {
    const bytes = buildModule({ functions: BASICS });
    for (const damaged of [bytes.subarray(0, 20), Buffer.from("not wasm"), new Uint8Array(0)])
      await assert.rejects(loadFilter(damaged, "x.wasm"), {
        code: "input",
        message: /not a WebAssembly module/,
        place: { file: "x.wasm" },
      });
  });
});

describe("a machine starts", () => {
  const log = { name: "proxy_log", params: [I32, I32, I32], results: [I32] };
  const note = (at: number) => [op.i32(2), op.i32(1024 + at), op.i32(1), op.call(0), op.drop];

  for (const [name, functions, logged] of [
    ["by _initialize, then main", ["_initialize", "main"], "im"],
    ["by _initialize, then __main_void", ["_initialize", "__main_void"], "iv"],
    ["by _initialize, not by _start", ["_initialize", "_start"], "i"],
    ["by _start", ["_start"], "s"],
    ["without any", [], ""],
  ] as const)
    test(name, async () => {
      const lines: string[] = [];
      const letters = { _initialize: "i", main: "m", __main_void: "v", _start: "s" };
      const filter = await load({
        imports: [log],
        data: "imvs",
        functions: [
          ...BASICS,
          ...functions.map((callback) => ({
            name: callback,
            ...(callback === "main" && { params: [I32, I32], results: [I32] }),
            body: [...note("imvs".indexOf(letters[callback])), ...(callback === "main" ? [op.i32(0)] : [])],
          })),
        ],
      });
      new Machine(filter, { vmId: "", services: createServices({ log: (_level, message) => lines.push(message) }) });
      assert.equal(lines.join(""), logged);
    });

  test("and says where it did not", async () => {
    const filter = await load({ functions: [...BASICS, { name: "_start", body: [op.unreachable] }] });
    assert.throws(() => new Machine(filter, { vmId: "", services: createServices() }), {
      code: "input",
      message: /failed in _start/,
    });
  });

  for (const [exported, pointer] of [
    [["malloc", "proxy_on_memory_allocate"], 8192],
    [["proxy_on_memory_allocate", "malloc"], 8192],
    [["proxy_on_memory_allocate"], 8192],
    [["malloc"], 4096],
  ] as const)
    test(`with its allocator: of ${exported.join(" and ")} the one at ${pointer}`, async () => {
      const at = { malloc: 4096, proxy_on_memory_allocate: 8192 };
      const allocators = exported.map((name) => ({ name, params: [I32], results: [I32], body: [op.i32(at[name])] }));
      const filter = await load({
        imports: [{ name: "proxy_get_buffer_bytes", params: [I32, I32, I32, I32, I32], results: [I32] }],
        functions: [BASICS[0]!, ...allocators],
      });
      const machine = new Machine(filter, { vmId: "", services: createServices() });
      machine.memory.give(Buffer.from("x"), 8, 12);
      assert.equal(machine.memory.readUint32(8), pointer);
    });
});

test("a plugin starts in the order of the ABI, each step with its numbers", async () => {
  const seen: string[] = [];
  const step = (name: string, letter: number, params: number, results: readonly number[] = []) => ({
    name,
    params: Array(params).fill(I32),
    results,
    // Logs the letter, and as many characters of the configuration's size or the parent's number as there are.
    body: [
      ...[op.i32(2), op.i32(1024 + letter), op.i32(1), op.call(0), op.drop],
      ...(params === 2 ? [op.i32(2), op.i32(1040), op.get(1), op.call(0), op.drop] : []),
      ...(results.length > 0 ? [op.i32(1)] : []),
    ],
  });
  const filter = await load({
    imports: [{ name: "proxy_log", params: [I32, I32, I32], results: [I32] }],
    data: `icvf${" ".repeat(12)}${"*".repeat(40)}`,
    functions: [
      ...BASICS,
      step("_initialize", 0, 0),
      step("proxy_on_context_create", 1, 2),
      step("proxy_on_vm_start", 2, 2, [I32]),
      step("proxy_on_configure", 3, 2, [I32]),
    ],
  });
  const plugin = new Plugin(filter, createServices({ log: (_level, message) => seen.push(message) }), {
    vmConfiguration: Buffer.from("vm"),
    configuration: Buffer.from("plugin"),
  });
  assert.deepEqual(seen, ["i", "c", "", "v", "**", "f", "******"]);
  assert.equal(plugin.id, 1);
  seen.length = 0;
  plugin.openStream({ output: { headers() {}, body() {}, trailers() {}, reset() {} } });
  assert.deepEqual(seen, ["c", "*"], "a stream's parent is the plugin");
});
