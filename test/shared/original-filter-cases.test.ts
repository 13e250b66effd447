/**
 * Inputs of our own, of the kinds that the recordings have, and of those that they lack: the original filter's report of each, in both formats,
 * is ours, and the exporter's in the proxy (compat, nothing redacted).
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { toTelemetry } from "../../src/analysis/http/telemetry/index.ts";
import { loadFilter, type Pair } from "../../src/wasm-host/index.ts";
import { DEFAULT_TELEMETRY_OPTIONS, writeTelemetry } from "../../src/wire/telemetry/index.ts";
import { exchangeOfCase, type TelemetryCase, WORKLOAD } from "../support/telemetry-cases.ts";
import { ADDRESSES, FilterRun, loadOwnFilter } from "../support/wasm/filter-run.ts";

interface OwnCase extends Partial<TelemetryCase> {
  readonly config?: object;
  readonly start?: bigint;
  readonly duration?: bigint;
}

const request = (authority: string | undefined, ...more: Pair[]): Pair[] => [
  ...(authority === undefined ? [] : [[":authority", authority] as Pair]),
  [":path", "/p?a=1&b=%22x%22"],
  [":method", "GET"],
  [":scheme", "http"],
  ["x-request-id", "rid-1"],
  ...more,
];
const bytes = (size: number, seed = 7) =>
  Buffer.from(Uint8Array.from({ length: size }, (_, at) => (at * seed + (at >> 8)) & 0xff));
const base64 = (...parts: Uint8Array[]) => parts.map((part) => Buffer.from(part).toString("base64"));
const workload = (text: string) => ({ props: { [WORKLOAD]: text } });

const HOSTS = [
  ...["shop", "shop:443", "localhost:8080", "a.b.svc.cluster.local.", "a.b.svc.cluster.local:80", "a.b.svc.cluster:1"],
  ...["svc", "x.svc.svc", ".svc", ".svc.cluster.local", "a..b", "a_b.c", "UP.svc", "a.SVC", "xn--bcher-kva.example"],
  ...[
    "user:pw@h.com:80",
    "user@shop",
    "h.com/path",
    "h.com?x=1",
    "h.com#f",
    "shop/p.q",
    "[::1]",
    "[fe80::1%25eth0]:80",
  ],
  ...[
    "[2001:db8::1]:8080",
    "::1",
    "host:port",
    "host:",
    ":80",
    "http://",
    "http://shop",
    "HTTP://UP.example:1",
    "//x.y",
  ],
  ...[
    "1.2.3.4",
    "1.2.3.4.5",
    "0x7f.1",
    "a b.c",
    "%41.b",
    "%zz.b",
    "a.b:80:90",
    "https://a.b.svc/x",
    "ftp://shop:21",
    " ",
  ],
  ...[
    "::",
    "a:b:1",
    "a.b::1",
    "1::",
    "[a.b]:1",
    "[x]",
    "[::ffff:1.2.3.4]:80",
    "[fe80::1%25]:80",
    "::1:80",
    "[::1",
    "a]b.c",
  ],
  ...[
    "é.b",
    "ü",
    "a.b.svc.cluster.local.svc",
    "kubernetes.default.svc.cluster.local",
    "*.example.com",
    "a,b.c",
    "{x}.y",
    "h.com:",
  ],
];

const CASES: Readonly<Record<string, OwnCase>> = {
  ...Object.fromEntries(HOSTS.map((host) => [`host ${host}`, { req: request(host) }])),
  ...Object.fromEntries(
    ["shop", "shop:80", "a.b.svc", "", "user@shop", "[::1]"].map((host) => [
      `host ${host} in a namespace`,
      { req: request(host), ...workload("shop;sock-shop;shop;v1;cluster-1") },
    ]),
  ),
  ...Object.fromEntries(
    ["shop", "[::1]:80", "::1", "a:b:1", "[x]", ""].map((host) => [
      `host ${host} without a response`,
      { req: request(host), res: undefined, ...workload("shop;sock-shop;shop;v1;cluster-1") },
    ]),
  ),
  "no host in a namespace": { req: request(undefined), ...workload("shop;sock-shop;shop;v1;cluster-1") },
  "a workload of empty parts": { req: request("shop"), ...workload(";;;;") },
  "a workload with an empty namespace": { req: request("shop:1"), ...workload("shop;;shop;v1;c") },
  "a workload of six parts": { req: request("shop"), ...workload("a;b;c;d;e;f") },
  "a workload of one part": { req: request("shop"), ...workload("shop") },
  "an empty workload": { req: request("shop"), ...workload("") },
  "a namespace with signs": { req: request("shop"), ...workload("a;n s.x;c;d;e") },
  "another mesh is asked for": { req: request("shop"), config: { service_mesh: "linkerd" } },
  "a mesh, and what it does not say": { req: request("shop"), config: { service_mesh: "kuma" } },
  "sampling that is no text": { req: request("a.b"), config: { trace_sampling_enabled: "false" } },
  "no path": { req: request("a.b").filter(([name]) => name !== ":path") },
  "no method": { req: request("a.b").filter(([name]) => name !== ":method") },
  "an empty path": {
    req: [
      [":authority", "a.b"],
      [":path", ""],
      [":method", "GET"],
    ],
  },
  "OPTIONS of all": {
    req: [
      [":authority", "a.b"],
      [":path", "*"],
      [":method", "OPTIONS"],
    ],
  },
  CONNECT: {
    req: [
      [":authority", "a.b:443"],
      [":method", "CONNECT"],
    ],
    res: [[":status", "200"]],
  },
  "a long query": {
    req: [
      [":authority", "a.b"],
      [":path", `/s?q=${"x%20y+z&".repeat(300)}`],
      [":method", "GET"],
    ],
  },
  "a path beyond ASCII": {
    req: [
      [":authority", "a.b"],
      [":path", "/caf%C3%A9/ü?q=ß"],
      [":method", "GET"],
    ],
  },
  "pseudo headers that others know": { req: request("a.b", [":protocol", "websocket"], [":x", "y"]) },
  "a host beside the authority": { req: request("a.b", ["host", "other.example"], ["host", "third"]) },
  "headers of several values": {
    req: request("a.b", ["accept", "a"], ["x", "1, 2"], ["accept", "b"], ["cookie", "a=1"], ["cookie", "b=2; c=3"]),
    res: [
      [":status", "200"],
      ["set-cookie", "a=1"],
      ["x", ""],
      ["vary", "a"],
      ["set-cookie", "b=2"],
      ["vary", "b"],
    ],
  },
  "empty values": {
    req: request("a.b", ["a", ""], ["b", " "], ["", "c"]),
    res: [
      [":status", "200"],
      ["c", ""],
    ],
  },
  "headers of Envoy's": {
    req: request("a.b", ["x-envoy-a", "1"], ["x-envoy", "2"], ["x-envoyage", "3"], ["my-x-envoy-b", "4"]),
    res: [
      [":status", "503"],
      ["x-envoy-overloaded", "true"],
      ["server", "envoy"],
    ],
  },
  "two ids": { req: request("a.b", ["x-request-id", "rid-2"]) },
  "an id of signs": { req: [...request("a.b").slice(0, 4), ["x-request-id", "a b/é,c;d={}"]] },
  "many headers": { req: request("a.b", ...Array.from({ length: 90 }, (_, at): Pair => [`h-${at}`, "v".repeat(at)])) },
  "headers beyond ASCII": { req: request("a.b", ["a", "é ß 漢字"], ["b", "\u2028"]) },
  "no response": { res: undefined },
  "no response to a body": { res: undefined, reqBody: base64(bytes(10)) },
  "a status alone": {
    res: [
      [":status", "304"],
      ["etag", "W/1"],
    ],
  },
  "a status that nobody knows": { res: [[":status", "799"]] },
  "a binary body": { reqBody: base64(bytes(3000)), resBody: base64(bytes(1), bytes(2, 3), bytes(4097, 5)) },
  "a compressed body": {
    res: [
      [":status", "200"],
      ["content-encoding", "gzip"],
      ["content-type", "application/json"],
    ],
    resBody: base64(Uint8Array.of(0x1f, 0x8b, 8, 0), bytes(40)),
  },
  "a body of wrong UTF-8": { resBody: base64(Uint8Array.of(0xc3, 0x28, 0xff, 0xfe, 0, 0x80)) },
  "empty chunks around": { reqBody: base64(bytes(0), bytes(5), bytes(0)), resBody: base64(bytes(0), bytes(0)) },
  "addresses of IPv6": { props: { "destination.address": "[::1]:8080", "source.address": "[2001:db8::5]:50000" } },
  "addresses that are paths": { props: { "destination.address": "/run/app.sock", "source.address": "/run/x" } },
  "no destination": { drop: ["destination.address"] },
  "no source": { drop: ["source.address"] },
  "no duration to speak of": { duration: 0n },
  "a time between milliseconds": { start: 1_699_999_999_999_999_999n, duration: 999_999n },
  "a long time": { duration: 86_400_000_000_001n },
};

const folder = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "tapline/peers/wasm-filters");
const skip = existsSync(join(folder, "B.wasm")) ? false : `missing: the original filter's files in ${folder}`;

describe("our filter and the exporter report of our own inputs what the original does", { skip }, async () => {
  if (skip !== false) return;
  const own = await loadOwnFilter();
  for (const [file, format] of [
    ["A.wasm", "scn"],
    ["B.wasm", "apiclarity"],
  ] as const) {
    const original = await loadFilter(readFileSync(join(folder, file)));
    for (const [name, one] of Object.entries(CASES))
      test(`${name}, ${format}`, () => {
        const { config = {}, start = 1_700_000_000_123_456_789n, duration = 42_500_000n } = one;
        const res =
          "res" in one
            ? one.res
            : ([
                [":status", "200"],
                ["content-type", "text/plain"],
              ] as Pair[]);
        const whole: TelemetryCase = { ...one, req: toOctets(one.req ?? request("a.b")), res: res && toOctets(res) };
        const script = scriptOf(whole, start, duration);
        const wanted = new FilterRun(original, config).exchange(script);
        assert.ok(wanted !== undefined);
        const ours = new FilterRun(own, { ...config, format, compat: true, redact: false });
        assert.deepEqual({ ...ours.exchange(script) }, { ...wanted });
        const exchange = exchangeOfCase(whole, ADDRESSES, { start, duration });
        const options = { ...DEFAULT_TELEMETRY_OPTIONS, format, compat: true };
        assert.deepEqual(JSON.parse(writeTelemetry(toTelemetry(exchange, options), format)), wanted.json);
      });
  }
});

/** As the wire has them, a character for each byte of UTF-8. */
function toOctets(pairs: TelemetryCase["req"]): Pair[] {
  return pairs.map(([name, value]) => [name, Buffer.from(value).toString("latin1")]);
}

function scriptOf(
  { req, reqBody = [], res, resBody = [], props = {}, drop = [] }: TelemetryCase,
  start: bigint,
  duration: bigint,
) {
  const decode = (parts: readonly string[]) => parts.map((part) => Buffer.from(part, "base64"));
  return {
    request: req as Pair[],
    requestBody: decode(reqBody),
    ...(res && { response: res as Pair[] }),
    responseBody: res === undefined ? [] : decode(resBody),
    properties: {
      "request.protocol": "HTTP/1.1",
      "request.time": start,
      "request.duration": duration,
      ...props,
      ...Object.fromEntries(drop.map((name) => [name, undefined])),
    },
  };
}
