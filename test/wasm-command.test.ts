/** `tapline wasm`, as its users run it. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { MAIN } from "./support/tapline-main.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";
import { BASICS, buildModule, DATA, I32, op } from "./support/wasm/build-module.ts";
import { TraceBackend } from "./support/wasm/trace-backend.ts";

const root = join(import.meta.dirname, "..");
const OWN = join(root, "bin/http-trace-filter.wasm");
const SECRET = "Zq7plantedSecret0815xY";

describe("tapline wasm", () => {
  const folder = makeTemporaryFolder();
  const har = join(folder.path, "session.har");
  const changing = join(folder.path, "changing.wasm");
  const broken = join(folder.path, "broken.wasm");
  let backend: TraceBackend;

  before(async () => {
    backend = await TraceBackend.start();
    writeFileSync(har, JSON.stringify(sessionOf(["/cart?token=abc", "/orders"])));
    writeFileSync(changing, changingFilter());
    writeFileSync(
      broken,
      buildModule({
        functions: [
          ...BASICS,
          { name: "proxy_on_request_headers", params: [I32, I32, I32], results: [I32], body: [op.unreachable] },
        ],
      }),
    );
  });
  after(() => {
    backend.stop();
    folder.remove();
  });

  test("shows the changes, log and cost of a filter, and no credentials", async () => {
    const { code, stdout, stderr } = await run(changing, "--replay", har);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^filter {2}proxy-wasm ABI 0\.2\.0, \d+ bytes; configured, 64 KiB of memory$/m);
    assert.match(
      stdout,
      /^#1 GET shop\.example\.com\/cart\?token=redacted-token-\w{8} → 200 {2}passed {2}[\d.]+ ms, 64 KiB$/m,
    );
    assert.match(
      stdout,
      /^ {2}request\n {2}\+ x-new: value\n {2}response\n {2}- body: \{"a":1\}\n {2}\+ body: value$/m,
    );
    assert.match(stdout, /^ {2}\[info\] value$/m);
    assert.match(stdout, /^cost {2}[\d.]+ ms in the filter, [\d.]+ ms an exchange; 64 KiB of memory$/m);
    assert.match(stderr, /^2 exchanges, 2 shown$/m);
    assert.doesNotMatch(stdout, new RegExp(SECRET));
  });

  test("makes its calls, and says how they were answered", async () => {
    backend.received.length = 0;
    const cluster = `trace_analyzer=http://127.0.0.1:${backend.port}`;
    const { code, stdout } = await run(
      OWN,
      "--cluster",
      cluster,
      "--replay",
      har,
      "--config",
      '{"format":"apiclarity"}',
    );
    assert.equal(code, 0);
    assert.equal(stdout.match(/→ trace_analyzer POST \/api\/telemetry \d+ B → 200 /g)?.length, 2);
    assert.match(stdout, /^ {2}trace_exporter\.delivered {2}2$/m);
    assert.deepEqual(
      backend.received.map(({ text }) => JSON.parse(text).request.path.replace(/token=.*/, "token")),
      ["/cart?token", "/orders"],
    );
    assert.equal(backend.received[0]!.headers["host"], "apiclarity");
  });

  test("without a cluster calls are refused, as by a proxy that has none", async () => {
    const { code, stdout } = await run(OWN, "--replay", har, "-o", "ndjson");
    assert.equal(code, 0);
    const documents = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.equal(documents.length, 4);
    assert.match(documents[1].logs[0].message, /cluster for the backend/);
    assert.equal(documents.at(-1).metrics["trace_exporter.dispatch_refused"], 2);
  });

  test("a filter that traps: exchanges are answered with 503 or pass, and the command fails", async () => {
    const closed = await run(broken, "--replay", har);
    assert.equal(closed.code, 1);
    assert.match(closed.stdout, /\[critical\] the filter failed in proxy_on_request_headers: unreachable/);
    assert.match(closed.stdout, /^#1 GET \S+ → 503 {2}answered/m);
    assert.match(closed.stderr, /the filter failed 2 times/);
    const open = await run(broken, "--replay", har, "--fail-open");
    assert.equal(open.code, 1);
    assert.match(open.stdout, /^#1 GET \S+ → 200 {2}passed/m);
  });

  test("of those chosen by -Y and -c alone", async () => {
    const chosen = await run(changing, "--replay", har, "-Y", "request.path == '/orders'");
    assert.equal(chosen.stdout.match(/^#\d+ /gm)?.length, 1);
    const first = await run(changing, "--replay", har, "-c", "1");
    assert.equal(first.stdout.match(/^#\d+ /gm)?.length, 1);
  });

  for (const [name, args, code, says] of [
    ["a file that is no module", () => [har], 1, /session\.har: not a WebAssembly module/],
    [
      "a configuration that the filter refuses",
      () => [OWN, "--config", '{"log_payload":true}'],
      2,
      /refuses its configuration/,
    ],
    ["a configuration that is not there", () => [OWN, "--config", "/nowhere"], 2, /\/nowhere: /],
    ["a cluster without a URL", () => [OWN, "--cluster", "a=b"], 2, /expected a name and a URL/],
    ["a capture that is not there", () => [OWN, "--replay", "/nowhere"], 1, /\/nowhere: /],
  ] as const)
    test(`${name} is told in a line`, async () => {
      const result = await run(...args());
      assert.equal(result.code, code, result.stderr);
      assert.match(result.stderr, says);
    });
});

/** Adds a header to requests, puts another body in the place of responses', and logs. */
function changingFilter(): Uint8Array {
  const value = [op.i32(DATA + 5), op.i32(5)];
  return buildModule({
    data: "x-newvalue",
    imports: [
      { name: "proxy_add_header_map_value", params: Array(5).fill(I32), results: [I32] },
      { name: "proxy_set_buffer_bytes", params: Array(5).fill(I32), results: [I32] },
      { name: "proxy_log", params: [I32, I32, I32], results: [I32] },
    ],
    functions: [
      ...BASICS,
      {
        name: "proxy_on_request_headers",
        params: [I32, I32, I32],
        results: [I32],
        body: [op.i32(0), op.i32(DATA), op.i32(5), ...value, op.call(0), op.drop, op.i32(0)],
      },
      {
        name: "proxy_on_response_body",
        params: [I32, I32, I32],
        results: [I32],
        body: [op.i32(1), op.i32(0), op.get(1), ...value, op.call(1), op.drop, op.i32(0)],
      },
      { name: "proxy_on_log", params: [I32], body: [op.i32(2), ...value, op.call(2), op.drop] },
    ],
  });
}

function sessionOf(paths: readonly string[]): object {
  const entry = (path: string, at: number) => ({
    startedDateTime: new Date(Date.UTC(2026, 0, 1, 0, 0, at)).toISOString(),
    time: 5,
    request: {
      method: "GET",
      url: `http://shop.example.com${path}`,
      httpVersion: "HTTP/1.1",
      headers: [
        { name: "Host", value: "shop.example.com" },
        { name: "Authorization", value: `Bearer ${SECRET}` },
      ],
      queryString: [],
      cookies: [],
      headersSize: -1,
      bodySize: 0,
    },
    response: {
      status: 200,
      statusText: "OK",
      httpVersion: "HTTP/1.1",
      headers: [{ name: "Content-Type", value: "application/json" }],
      cookies: [],
      content: { size: 7, mimeType: "application/json", text: '{"a":1}' },
      redirectURL: "",
      headersSize: -1,
      bodySize: 7,
    },
    cache: {},
    timings: { send: 1, wait: 3, receive: 1 },
  });
  return { log: { version: "1.2", creator: { name: "test", version: "1" }, entries: paths.map(entry) } };
}

/** Beside the test: its backend answers meanwhile. */
function run(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [MAIN, "wasm", ...args], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}
