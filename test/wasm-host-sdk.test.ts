/** A filter that the SDK for Rust made, in the host: it asks a service, pauses, changes what passes, answers by itself, and panics. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import {
  type CallAnswer,
  createServices,
  loadFilter,
  type OutgoingCall,
  octetsOf,
  type Pair,
  Plugin,
} from "../src/wasm-host/index.ts";

const path = join(
  process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"),
  "tapline/peers/rust-filter/gatekeeper.wasm",
);
const skip = existsSync(path)
  ? false
  : `missing: ${path} (scripts/setup-tests builds it on Debian, as root, with cargo)`;

describe("a filter of the Rust SDK", { skip }, () => {
  test("is loaded, with what it imports of WASI", async () => {
    const { abi } = await loadFilter(readFileSync(path));
    assert.equal(abi, "0.2.1");
  });

  test("refuses a configuration without its cluster", async () => {
    const filter = await loadFilter(readFileSync(path));
    assert.throws(() => new Plugin(filter, createServices()), { code: "configuration" });
  });

  test("lets pass, and changes the response as a whole", async () => {
    const { exchange } = await start();
    assert.deepEqual(exchange("/open", "some ", "body"), [
      "request :method=GET,:path=/open end",
      "response :status=200,x-filtered=1",
      'response "SOME BODY" end',
    ]);
  });

  test("pauses until the gate has answered", async () => {
    const { exchange, answers, calls, passed, logs } = await start();
    assert.deepEqual(exchange("/ask", "body"), [], "nothing passes before");
    assert.deepEqual(calls[0]!.headers, [
      [":method", "GET"],
      [":path", "/ask"],
      [":authority", "gate"],
    ]);
    answers[0]!({ headers: [[":status", "200"]], body: Buffer.from("yes"), trailers: [] });
    assert.deepEqual(passed, ["request :method=GET,:path=/ask,x-gate=open end"]);
    assert.deepEqual(logs, []);
  });

  test("answers by itself when the gate says no, or does not answer", async () => {
    for (const answer of [
      { headers: [[":status", "200"]] as Pair[], body: Buffer.from("no"), trailers: [] },
      undefined,
    ]) {
      const { exchange, answers, passed } = await start();
      exchange("/ask", "body");
      answers[0]!(answer);
      assert.deepEqual(passed.slice(0, 1), ["response :status=403,x-gate=shut,content-type=text/plain,x-filtered=1"]);
      assert.deepEqual(passed.slice(1), ['response "NO ENTRY\n" end']);
    }
  });

  test("panics: the log says it, 503 is answered, and the next exchange has a new machine", async () => {
    const { exchange, logs, plugin } = await start();
    exchange("/panic", "body");
    assert.match(logs.join("\n"), /panicked at 'asked to'/);
    assert.match(logs.join("\n"), /failed in proxy_on_request_headers/);
    assert.equal(plugin.failures, 1);
    assert.equal(exchange("/open", "body").length, 3);
    assert.match(logs.at(-1)!, /seen Some\("\/open"\)/);
  });
});

async function start() {
  const filter = await loadFilter(readFileSync(path));
  const logs: string[] = [];
  const calls: OutgoingCall[] = [];
  const answers: ((answer: CallAnswer | undefined) => void)[] = [];
  const passed: string[] = [];
  const services = createServices({
    log: (_level, message) => logs.push(message),
    calls: {
      has: (name) => name === "gate",
      start: (call, done) => {
        calls.push(call);
        answers.push(done);
        return () => {};
      },
    },
  });
  const plugin = new Plugin(filter, services, { configuration: Buffer.from("gate") });
  const mark = (isEnd: boolean): string => (isEnd ? " end" : "");
  const exchange = (target: string, ...body: string[]): string[] => {
    passed.length = 0;
    const stream = plugin.openStream({
      output: {
        headers: (side, pairs, isEnd) =>
          passed.push(`${side} ${pairs.map((pair) => pair.join("=")).join()}${mark(isEnd)}`),
        body: (side, bytes, isEnd) => passed.push(`${side} "${octetsOf(bytes)}"${mark(isEnd)}`),
        trailers: () => {},
        reset: (reason) => passed.push(reason),
      },
    });
    stream.requestHeaders(
      [
        [":method", "GET"],
        [":path", target],
      ],
      true,
    );
    if (passed.length === 0) return passed;
    const length = body.join("").length;
    stream.responseHeaders(
      [
        [":status", "200"],
        ["content-length", String(length)],
      ],
      false,
    );
    for (const [at, part] of body.entries()) stream.responseBody(Buffer.from(part), at === body.length - 1);
    stream.close();
    return passed;
  };
  return { plugin, logs, calls, answers, passed, exchange };
}
