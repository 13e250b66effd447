import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Random } from "../../../test/support/random.ts";
import { readTelemetry } from "./read-telemetry.ts";
import type { TelemetryFormat } from "./telemetry.ts";

type Pair = readonly [name: string, value: string];

interface Parts {
  readonly id?: string;
  readonly path?: string;
  readonly host?: string;
  readonly method?: string;
  readonly request?: readonly Pair[];
  readonly response?: readonly Pair[];
}

/** A report in the original's own words: quotes of headers have a backslash before them, and nothing else is escaped. */
function write(format: TelemetryFormat, parts: Parts): Buffer {
  const { id = "r1", path = "/", host = "a.b", method = "GET", request = [], response = [] } = parts;
  const quoted = (text: string) => text.replaceAll('"', '\\"');
  const scn = ([name, value]: Pair) => `["${quoted(name)}", "${quoted(value)}"]`;
  const clarity = ([name, value]: Pair) => `{"key": "${quoted(name)}","value": "${quoted(value)}"}`;
  const text =
    format === "scn"
      ? `{"request_id":"${id}","scheme":"","destination_address":"10.0.0.9:80","destination_namespace":"shop","source_address":"10.0.0.5:5","scnt_request":{"method":"${method}","path":"${path}","host":"${host}","version":"","headers":[${request.map(scn).join()}],"body":"aGVsbG8=","truncated_body":false},"scnt_response":{"status_code":"200","version":"","headers":[${response.map(scn).join()}],"body":"e30=","truncated_body": false}}`
      : `{"requestID":"${id}","scheme":"","destinationAddress":"10.0.0.9:80","destinationNamespace":"shop","sourceAddress":"10.0.0.5:5","request":{"method":"${method}","path":"${path}","host":"${host}","common": {"version":"","headers":[${request.map(clarity).join()}],"body":"aGVsbG8=","TruncatedBody":false,"time":1700000000123}},"response":{"statusCode":"200","common": {"version":"","headers":[${response.map(clarity).join()}],"body":"e30=","TruncatedBody": false,"time":1700000000165}}}`;
  return Buffer.from(text, "latin1");
}

function check(format: TelemetryFormat, parts: Parts): void {
  const reading = readTelemetry(write(format, parts));
  assert.ok("telemetry" in reading, JSON.stringify([parts, reading]));
  const { request, response, requestId, destinationNamespace } = reading.telemetry;
  const { id = "r1", path = "/", host = "a.b", method = "GET" } = parts;
  const pairs = (headers: typeof request.headers) => headers.map(({ name, value }) => [name, value]);
  assert.deepEqual(
    {
      ...{ id: requestId, path: request.path, host: request.host, method: request.method },
      ...{ request: pairs(request.headers), response: pairs(response.headers) },
    },
    { id, path, host, method, request: parts.request ?? [], response: parts.response ?? [] },
  );
  assert.deepEqual([String(Buffer.from(request.body)), String(Buffer.from(response.body))], ["hello", "{}"]);
  assert.deepEqual([reading.isBroken, destinationNamespace, response.statusCode], [true, "shop", "200"]);
}

const BROKEN: readonly (readonly [name: string, parts: Parts])[] = [
  ["a path with a quote and a backslash", { path: '/p"q\\' }],
  ["a path that ends in a quote", { path: '/p"' }],
  ["a path with JSON in it", { path: '/?f={"a":"b","c":{"d":"e"}}&g=["h","i"]' }],
  ["a method, a host and an id with quotes", { method: 'G"T', host: 'a"b\\', id: '"\\"' }],
  ["control characters everywhere", { path: "/\n\t\0", id: "\x01", request: [["a", "\x1f\r"]] }],
  ["octets that are no UTF-8", { path: "/\xff", response: [["a", "\xe9\xff"]] }],
  ["a backslash that escapes nothing", { request: [["q", 'a"b\\c\t']] }],
  [
    "a value that ends in a backslash",
    {
      request: [
        ["q", "a\\"],
        ["r", "b"],
      ],
      response: [["s", '"c"\\']],
    },
  ],
  [
    "a name that ends in a backslash",
    {
      request: [
        ["q\\", "a\\x"],
        ["r", "b"],
      ],
    },
  ],
  ["backslashes before quotes", { request: [["q", '\\"\\\\""\\']], response: [["r", '\\"']] }],
  [
    "a list of tags in quotes",
    {
      path: "/\x01",
      request: [
        ["if-none-match", '"a", "b"'],
        ["x", '{"a":["b"]}'],
      ],
    },
  ],
  [
    "a value that is nothing but a quote",
    {
      path: "/\\",
      request: [
        ["a", '"'],
        ["b", ""],
        ["", "c"],
      ],
    },
  ],
];

for (const format of ["scn", "apiclarity"] as const)
  describe(`what the original writes that is no JSON, ${format}`, () => {
    for (const [name, parts] of BROKEN) test(name, () => check(format, parts));

    test("300 reports of random octets", () => {
      const random = new Random();
      const alphabet = ['"', "\\", "\t", "\x01", "\xff", "\xc3\xa9", "[", "{", ",", ":", " ", "a"];
      const draw = () => Array.from({ length: random.below(9) }, () => random.pick(alphabet)).join("");
      try {
        for (let i = 0; i < 300; i++) {
          const headers = () =>
            Array.from({ length: random.below(4) }, (): Pair => [`x-${random.pick(alphabet)}z`, draw()]);
          check(format, { path: `/${draw()}\x01`, host: draw(), id: draw(), request: headers(), response: headers() });
        }
      } catch (error) {
        throw new Error(`seed ${random.seed}`, { cause: error });
      }
    });

    test("what is cut anywhere is refused with its place, and what follows a report too", () => {
      const whole = write(format, { path: '/p"q\\', request: [["q", "a\\"]] });
      for (let length = 0; length < whole.length; length++) {
        const reading = readTelemetry(whole.subarray(0, length));
        assert.ok("fault" in reading, String(length));
        assert.match(reading.fault.message, /^line 1, column \d+ \(byte \d+\): /);
      }
      assert.ok("fault" in readTelemetry(Buffer.concat([whole, Buffer.from("x")])));
    });
  });

test("a document of another sender of which only octets are wrong is read as JSON", () => {
  const reading = readTelemetry(Buffer.from('{"request":{"path":"/a\\"b\\nc\xff"},"more":[{}]}', "latin1"));
  assert.ok("telemetry" in reading);
  assert.deepEqual([reading.telemetry.request.path, reading.isBroken], ['/a"b\nc\xff', true]);
});

test("the work is linear in what is sent", () => {
  for (const [start, piece] of [
    ['{"path":"', '"'],
    ['{"path":"', '" '],
    ['{"path":"', '","path":"'],
    ['{"headers":[["', '\\"],["'],
    ['{"headers":[["', '\\"'],
    ['{"headers":[{"key":"', '\\","value":"\\"},{"key":"'],
    ["", '{"a":'],
    ['{"a":', " "],
  ] as const) {
    const bytes = Buffer.from(start + piece.repeat(Math.floor(2_000_000 / piece.length)));
    const before = process.cpuUsage();
    assert.ok("fault" in readTelemetry(bytes));
    const { user, system } = process.cpuUsage(before);
    assert.ok(user + system < 20_000_000, `${piece}: ${user + system} µs`);
  }
});
