import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readTelemetry, TELEMETRY_FORMATS, type Telemetry, type TelemetryFormat, writeTelemetry } from "./index.ts";

const FORMATS = Object.keys(TELEMETRY_FORMATS) as TelemetryFormat[];
const EVERY_OCTET = String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i));
const UTF8_OCTETS = Buffer.from("é\u2028€😀").toString("latin1");

function build(text: string, body = new Uint8Array(0)): Telemetry {
  return {
    requestId: text,
    scheme: "http",
    destinationAddress: "[::1]:8080",
    destinationNamespace: "shop",
    sourceAddress: "10.0.0.5:51234",
    request: {
      method: text,
      path: text,
      host: text,
      version: "HTTP/1.1",
      headers: [
        { name: text, value: text },
        { name: "set-cookie", value: "a" },
        { name: "set-cookie", value: "b" },
      ],
      body,
      truncated: false,
      timeMillis: 1_700_000_000_123,
    },
    response: {
      statusCode: "200",
      version: "HTTP/1.1",
      headers: [],
      body,
      truncated: true,
      timeMillis: 1_700_000_000_165,
    },
  };
}

function read(document: unknown) {
  return readTelemetry(Buffer.from(typeof document === "string" ? document : JSON.stringify(document)));
}

function faultOf(document: unknown): string {
  const reading = read(document);
  return "fault" in reading ? `${reading.fault.reason}: ${reading.fault.message}` : "none";
}

describe("reports of trace exporters", () => {
  for (const format of FORMATS)
    for (const text of ["plain", 'q"b\\s', "\t\n\u0000\u001f\u007f", UTF8_OCTETS])
      test(`${format}: ${JSON.stringify(text)} comes back as it was`, () => {
        const reading = read(writeTelemetry(build(text, Uint8Array.of(0, 255)), format));
        assert.ok("telemetry" in reading);
        assert.equal(reading.format, format);
        const { telemetry } = reading;
        assert.deepEqual([telemetry.requestId, telemetry.request.path, telemetry.request.host], [text, text, text]);
        assert.deepEqual(telemetry.request.headers, build(text).request.headers);
        assert.deepEqual([...telemetry.response.body], [0, 255]);
        assert.equal(telemetry.response.truncated, true);
        assert.equal(telemetry.destinationNamespace, "shop");
        assert.equal(telemetry.response.timeMillis, format === "scn" ? undefined : 1_700_000_000_165);
      });

  test("octets that are no UTF-8 are a character each, and stay to be told apart", () => {
    const document = JSON.parse(writeTelemetry(build(EVERY_OCTET), "scn"));
    assert.equal(document.scnt_request.path, EVERY_OCTET);
    assert.equal(document.scnt_request.headers[0][1], EVERY_OCTET);
    assert.equal(JSON.parse(writeTelemetry(build("\xe9"), "scn")).scnt_request.host, "é");
    assert.equal(JSON.parse(writeTelemetry(build("\xc3\xa9"), "scn")).scnt_request.host, "é");
  });

  test("a header of unknown name has no place, one of unknown value is empty", () => {
    const telemetry = build("x");
    const headers = [
      { name: undefined, value: "v" },
      { name: "n", value: undefined },
    ];
    const hidden = { ...telemetry, request: { ...telemetry.request, headers } };
    assert.deepEqual(JSON.parse(writeTelemetry(hidden, "scn")).scnt_request.headers, [["n", ""]]);
    assert.deepEqual(JSON.parse(writeTelemetry(hidden, "apiclarity")).request.common.headers, [
      { key: "n", value: "" },
    ]);
  });

  test("what is absent or null is empty, what is unknown is passed over", () => {
    for (const document of [
      { scnt_request: {} },
      { scnt_request: null, more: { deep: [1] } },
      { request: null, response: null, requestID: null },
      { request: { common: { headers: null, body: null, time: 0 } }, response: { statusCode: "" } },
    ]) {
      const reading = read(document);
      assert.ok("telemetry" in reading, JSON.stringify(document));
      const { request, response } = reading.telemetry;
      assert.deepEqual([request.path, request.headers, request.body.length, response.statusCode], ["", [], 0, ""]);
      assert.equal(request.timeMillis, undefined);
    }
  });

  test("headers may be pairs or objects, a status a number", () => {
    const reading = read({
      request: { common: { headers: [["a", "1"]] } },
      response: { statusCode: 404, common: { headers: [{ key: "b", value: "2" }, { key: "c" }] } },
    });
    assert.ok("telemetry" in reading);
    const { request, response } = reading.telemetry;
    assert.deepEqual(request.headers, [{ name: "a", value: "1" }]);
    assert.deepEqual(response.headers, [
      { name: "b", value: "2" },
      { name: "c", value: "" },
    ]);
    assert.equal(response.statusCode, "404");
  });

  const WRONG: readonly [document: unknown, fault: string][] = [
    ["", "not-json: line 1, column 1 (byte 0): the document ends early"],
    ['{"a":1', "not-json: line 1, column 7 (byte 6): the document ends early"],
    ['{"a":1,\n  "b" 2}', "not-json: line 2, column 7 (byte 14): expected :"],
    ['{"scnt_request":{"path":"/p\\q"}', "not-json: line 1, column 28 (byte 27): a backslash that escapes nothing"],
    ['{"é":"a\tb"}', "not-json: line 1, column 8 (byte 8): a control character in a text has to be escaped"],
    ["[1,]", "not-json: line 1, column 4 (byte 3): expected a value"],
    ['{"a":01}', "not-json: line 1, column 7 (byte 6): expected , or }"],
    ["{} x", "not-json: line 1, column 4 (byte 3): expected nothing more"],
    ["[1]", "not-a-trace: expected an object, found a list of 1"],
    [{}, "not-a-trace: expected a trace with scnt_request (POST /publish) or request (POST /api/telemetry)"],
    [{ scnt_request: 5 }, "not-a-trace: scnt_request: expected an object, found a number"],
    [{ request: { path: 5 } }, "not-a-trace: request.path: expected a text, found a number"],
    [{ request: { common: { body: "?" } } }, "not-a-trace: request.common.body: expected base64 (RFC 4648 section 4)"],
    [
      { scnt_request: { headers: [["a", "b"], ["c"]] } },
      'not-a-trace: scnt_request.headers[1]: expected ["key", "value"] or {"key": "…", "value": "…"}, found a list of 1',
    ],
    [
      { request: {}, response: { statusCode: "20" } },
      "not-a-trace: response.statusCode: expected a status of three digits, found a text",
    ],
    [
      { request: { common: { time: "now" } } },
      "not-a-trace: request.common.time: expected milliseconds since the epoch, found a text",
    ],
  ];
  for (const [document, fault] of WRONG)
    test(`refused with its place: ${JSON.stringify(document)}`, () => assert.equal(faultOf(document), fault));

  test("bytes that are no UTF-8 are told with their place", () => {
    const bytes = Buffer.from('{"request":{"path":"/ab\xff"', "latin1");
    const reading = readTelemetry(bytes);
    assert.ok("fault" in reading);
    assert.equal(reading.fault.message, "line 1, column 24 (byte 23): expected UTF-8");
  });

  test("documents cut anywhere are refused, and never throw", () => {
    const whole = writeTelemetry(build(UTF8_OCTETS, Uint8Array.of(1)), "apiclarity");
    const bytes = Buffer.from(whole);
    for (let length = 0; length < bytes.length; length++)
      assert.ok("fault" in readTelemetry(bytes.subarray(0, length)), String(length));
  });

  test("brackets a hundred thousand deep are refused without a stack", () => {
    assert.match(faultOf("[".repeat(100_000)), /byte 100000\): the document ends early/);
  });
});
