/** The filter's file is what its sources give, and what every proxy takes. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { runProgram } from "./support/run-program.ts";

const root = join(import.meta.dirname, "..");
const bytes = readFileSync(join(root, "bin/http-trace-filter.wasm"));
const module = new WebAssembly.Module(bytes);

describe("bin/http-trace-filter.wasm", () => {
  test("is what wasm/assembly gives", async () => {
    const script = join(root, "scripts/build-wasm.ts");
    const { code, stderr } = await runProgram(process.execPath, [script, "--check"], { timeoutMillis: 200_000 });
    assert.equal(code, 0, stderr);
  });

  test("has 40 KB at most", () => assert.ok(bytes.length <= 40_000, `${bytes.length} bytes`));

  test("imports what every proxy has, and nothing that changes traffic", () => {
    assert.deepEqual(
      WebAssembly.Module.imports(module)
        .map(({ module: from, name }) => `${from}.${name}`)
        .sort(),
      [
        "env.proxy_define_metric",
        "env.proxy_get_buffer_bytes",
        "env.proxy_get_current_time_nanoseconds",
        "env.proxy_get_header_map_pairs",
        "env.proxy_get_header_map_value",
        "env.proxy_get_property",
        "env.proxy_http_call",
        "env.proxy_increment_metric",
        "env.proxy_log",
        "env.proxy_set_tick_period_milliseconds",
      ],
    );
  });

  test("exports one marker of its ABI, its memory, allocators and callbacks", () => {
    assert.deepEqual(
      WebAssembly.Module.exports(module)
        .map(({ name }) => name)
        .sort(),
      [
        "_initialize",
        "malloc",
        "memory",
        "proxy_abi_version_0_2_0",
        "proxy_on_configure",
        "proxy_on_context_create",
        "proxy_on_delete",
        "proxy_on_done",
        "proxy_on_http_call_response",
        "proxy_on_log",
        "proxy_on_memory_allocate",
        "proxy_on_request_body",
        "proxy_on_request_headers",
        "proxy_on_response_body",
        "proxy_on_response_headers",
        "proxy_on_tick",
        "proxy_on_vm_start",
      ],
    );
  });
});
