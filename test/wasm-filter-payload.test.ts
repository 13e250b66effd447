/** The reports of the filter, field by field, in the host. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { toTelemetry } from "../src/analysis/http/telemetry/index.ts";
import { bytesOf, type Pair } from "../src/wasm-host/index.ts";
import { DEFAULT_TELEMETRY_OPTIONS, writeTelemetry } from "../src/wire/telemetry/index.ts";
import { buildExchange } from "./support/build-exchange.ts";
import { Random } from "./support/random.ts";
import { FilterRun, loadOwnFilter, requestOf, type Script } from "./support/wasm/filter-run.ts";

const filter = await loadOwnFilter();
const OK: Pair[] = [[":status", "200"]];
const APICLARITY = { format: "apiclarity" };

function report(script: Script, configuration: object = {}) {
  const run = new FilterRun(filter, configuration);
  const made = run.exchange({ request: requestOf(), response: OK, ...script });
  assert.deepEqual(run.errors(), []);
  assert.equal(run.calls.length, 1);
  return made!.json;
}

describe("bodies", () => {
  const random = new Random(1);
  const randomBytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => random.below(256));
  const bodies: readonly [string, Uint8Array][] = [
    ...[0, 1, 2, 3, 57, 58, 252, 1014, 1015, 4085, 4086, 4087, 8172, 8173].map(
      (size) => [`${size} bytes`, randomBytes(size)] as [string, Uint8Array],
    ),
    ["every byte", Uint8Array.from({ length: 256 }, (_, byte) => byte)],
    ["a million bytes", randomBytes(1_000_000)],
  ];
  for (const [name, body] of bodies)
    test(`${name} are base64, however they are cut`, () => {
      const wanted = Buffer.from(body).toString("base64");
      for (const cut of [[body], cutRandomly(body), [...cutRandomly(body), new Uint8Array(0)]]) {
        const { scnt_request: request, scnt_response: response } = report({ requestBody: cut, responseBody: cut });
        assert.equal(request.body, wanted);
        assert.equal(response.body, wanted);
        assert.equal(request.truncated_body, false);
      }
    });

  test("of one byte after another", () => {
    const body = randomBytes(9000);
    const { scnt_response } = report({ responseBody: [...body].map((byte) => Uint8Array.of(byte)) });
    assert.equal(scnt_response.body, Buffer.from(body).toString("base64"));
  });

  for (const [mode, size, kept, truncated] of [
    ["drop", 1_000_000, 1_000_000, false],
    ["drop", 1_000_001, 0, true],
    ["prefix", 1_000_001, 1_000_000, true],
    ["none", 1, 0, true],
    ["none", 0, 0, false],
  ] as const)
    test(`body_mode ${mode}: of ${size} bytes ${kept} are kept`, () => {
      const body = new Uint8Array(size).fill(65);
      for (const cut of [[body], [body.subarray(0, size - 1), body.subarray(size - 1), new Uint8Array(3)]]) {
        if (size === 1_000_000 && cut.length > 1) continue;
        if (size === 0 && cut.length > 1) continue;
        const { scnt_request: request, scnt_response: response } = report({ requestBody: cut }, { body_mode: mode });
        assert.equal(Buffer.from(request.body, "base64").length, kept);
        assert.equal(request.truncated_body, truncated);
        assert.equal(response.truncated_body, false);
      }
    });

  test("max_body_bytes is another limit", () => {
    const { scnt_request } = report({ requestBody: [bytesOf("abcdef")] }, { max_body_bytes: 4, body_mode: "prefix" });
    assert.equal(Buffer.from(scnt_request.body, "base64").toString(), "abcd");
  });

  function cutRandomly(body: Uint8Array): Uint8Array[] {
    const parts: Uint8Array[] = [];
    for (let at = 0; at < body.length; ) {
      const size = random.below(Math.max(2, Math.min(body.length, 20_000)));
      parts.push(body.subarray(at, at + size));
      at += size;
    }
    return parts;
  }
});

const CONTROLS = String.fromCharCode(...Array.from({ length: 32 }, (_, at) => at), 0x7f);

/** The request that the exporter in the proxy reports of the same octets. */
function throughExporter(octets: string) {
  const exchange = buildExchange({ method: octets, target: `/${octets}`, authority: octets });
  const headers = ["x-request-id", "k"].map((name) => ({ name, value: octets })).concat({ name: octets, value: "v" });
  const asked = { ...exchange, request: { ...exchange.request!, headers } };
  return JSON.parse(writeTelemetry(toTelemetry(asked, { ...DEFAULT_TELEMETRY_OPTIONS, compat: true }), "scn"))
    .scnt_request;
}

describe("any bytes make right JSON", () => {
  const texts: readonly [string, string, string][] = [
    ["quotes and backslashes", 'a"b\\c', 'a"b\\c'],
    ["controls", CONTROLS, CONTROLS],
    ["é as UTF-8", "\xc3\xa9", "é"],
    ["é as latin1", "\xe9", "é"],
    ["a lone 0xff", "a\xff", "a\xff"],
    ["É as UTF-8, which stays a great letter", "\xc3\x89", "É"],
    ["U+2028", "\xe2\x80\xa8", "\u2028"],
    ["an emoji", "\xf0\x9f\x98\x80", "😀"],
    ["a surrogate, which is no UTF-8", "\xed\xa0\x80", "\xed\xa0\x80"],
    ["an overlong form", "\xc0\xaf", "\xc0\xaf"],
    ["text that is cut", "\xc3\xa9\xe2\x80", "\xc3\xa9\xe2\x80"],
  ];
  for (const [name, octets, text] of texts)
    test(name, () => {
      const made = report({
        request: [
          [":authority", octets],
          [":path", `/${octets}`],
          [":method", octets],
          ["x-request-id", octets],
          ["k", octets],
          [octets, "v"],
        ],
      });
      assert.equal(made.request_id, text);
      assert.equal(made.scnt_request.method, text);
      assert.equal(made.scnt_request.host, text);
      assert.equal(made.scnt_request.path, `/${text}`);
      assert.deepEqual(made.scnt_request.headers, [
        ["host", text],
        ["x-request-id", text],
        ["k", text],
        [text, "v"],
      ]);
      assert.deepEqual(throughExporter(octets), made.scnt_request);
    });
});

describe("headers", () => {
  test("host is the first, then all in their order; pseudo-headers and Envoy's own are left out", () => {
    const { scnt_request: request, scnt_response: response } = report({
      request: requestOf("/", "a.b:80", [
        ["host", "other"],
        ["x-envoy-peer-metadata", "m"],
        ["a", "1"],
        ["a", "2"],
      ]),
      response: [...OK, ["x-envoy-upstream-service-time", "1"], ["b", ""]],
    });
    assert.deepEqual(request.headers, [
      ["host", "a.b:80"],
      ["x-request-id", "rid-1"],
      ["host", "other"],
      ["a", "1"],
      ["a", "2"],
    ]);
    assert.deepEqual(response.headers, [["b", ""]]);
    assert.equal(response.status_code, "200");
  });

  test("exclude_header_prefixes takes the place of x-envoy-", () => {
    const { scnt_request } = report(
      {
        request: requestOf("/", "h", [
          ["x-b3-traceid", "1"],
          ["x-envoy-a", "2"],
          ["X-B3-Flags", "3"],
        ]),
      },
      { exclude_header_prefixes: ["x-b3-"] },
    );
    assert.deepEqual(scnt_request.headers.slice(2), [["x-envoy-a", "2"]]);
  });

  test("a request without id and authority has empty ones", () => {
    const run = new FilterRun(filter);
    const { headers, json } = run.exchange({ request: [[":path", "/"]], response: OK })!;
    assert.deepEqual(headers.at(-1), ["x-request-id", ""]);
    assert.deepEqual(json.scnt_request.headers, [["host", ""]]);
  });
});

describe("what is missing", () => {
  test("a response: reset before it came", () => {
    const { response } = report({ response: undefined! }, APICLARITY);
    assert.deepEqual(response, {
      statusCode: "",
      common: { version: "", headers: [], body: "", TruncatedBody: false, time: 1_700_000_000_165 },
    });
  });

  test("everything: a stream of which only the end is told", () => {
    const made = report({ request: undefined!, response: undefined! });
    assert.deepEqual(made.scnt_request, {
      method: "",
      path: "",
      host: "",
      version: "",
      headers: [],
      body: "",
      truncated_body: false,
    });
  });

  test("times: the present ones stand in", () => {
    const { request, response } = report(
      { properties: { "request.time": undefined, "request.duration": undefined } },
      APICLARITY,
    );
    assert.ok(Math.abs(request.common.time - Date.now()) < 60_000);
    assert.equal(response.common.time, request.common.time);
  });

  test("the duration alone, or the request's time alone", () => {
    const without = (name: string) => {
      const { request, response } = report({ properties: { [name]: undefined } }, APICLARITY);
      return [request.common.time, response.common.time];
    };
    assert.deepEqual(without("request.duration"), [1_700_000_000_123, 1_700_000_000_123]);
    const [start, end] = without("request.time");
    assert.ok(Math.abs(start - Date.now()) < 60_000);
    assert.equal(end - start, 42);
  });

  test("a time is cut to milliseconds, and so is the duration", () => {
    const { request, response } = report({}, APICLARITY);
    assert.deepEqual([request.common.time, response.common.time], [1_700_000_000_123, 1_700_000_000_165]);
  });

  test("addresses", () => {
    const made = report({ properties: { "source.address": undefined, "destination.address": "[::1]:8080" } });
    assert.deepEqual([made.source_address, made.destination_address], ["", "[::1]:8080"]);
    const pipe = report({ properties: { "source.address": "", "destination.address": "/run/a.sock" } });
    assert.deepEqual([pipe.source_address, pipe.destination_address], ["", "/run/a.sock"]);
  });
});

describe("the namespace", () => {
  for (const [mesh, path, value, namespace] of [
    ["istio", "upstream_host_metadata.filter_metadata.istio.workload", "w;ns;c;r", "ns"],
    ["istio", "xds.upstream_host_metadata.filter_metadata.istio.workload", "w;ns;c;r;cluster", "ns"],
    ["istio", "upstream_host_metadata.filter_metadata.istio.workload", "w;ns;c", ""],
    ["istio", "upstream_host_metadata.filter_metadata.istio.workload", ";;;", ""],
    ["kuma", "upstream_host_metadata.filter_metadata.envoy.lb.k8s.kuma.io/namespace", "kuma-ns", "kuma-ns"],
    ["kuma", "upstream_host_metadata.filter_metadata.istio.workload", "w;ns;c;r", ""],
  ] as const)
    test(`${mesh}: ${value} is ${namespace || "none"}`, () => {
      const made = report({ properties: { [path]: value } }, { service_mesh: mesh, ...APICLARITY });
      assert.equal(made.destinationNamespace, namespace);
    });
});

test("the original of format scn knows a workload of five parts alone, and so does compat", () => {
  const found = (workload: string, compat: boolean) =>
    report(
      { properties: { "upstream_host_metadata.filter_metadata.istio.workload": workload } },
      { format: "scn", compat },
    ).destination_namespace;
  assert.deepEqual([found("w;ns;c;r", true), found("w;ns;c;r;k", true), found("w;ns;c;r;k;x", true)], ["", "ns", ""]);
  assert.deepEqual([found("w;ns;c;r", false), found("w;ns;c;r;k", false)], ["ns", "ns"]);
});

describe("the host's name of format apiclarity", () => {
  for (const [authority, host] of [
    ["https://example.org:8000", "example.org"],
    ["a.b.svc.cluster.local", "a.b"],
    ["a.b.svc.cluster", "a.b"],
    ["a.b.svc", "a.b"],
    ["a.svc", "a"],
    ["svc.", "svc."],
    ["10.1.2.3:9090", "10.1.2.3"],
    ["user@h.com", "h.com"],
    ["EXAMPLE.com", "EXAMPLE.com"],
    ["ex ample.com", ""],
    ["%zz", ""],
    ["a.b:port", ""],
    ["a.b:", "a.b"],
    ["a.b/c?d", "a.b"],
    ["", ""],
    ["://a.b", ""],
    ["catalogue:80", "catalogue"],
  ] as const)
    test(`${authority} is ${host || "none"}`, () => {
      for (const compat of [true, false])
        assert.equal(
          report({ request: requestOf("/", authority) }, { ...APICLARITY, compat }).request.host,
          host,
          String(compat),
        );
    });

  test("a word gets its namespace; of an IPv6 address the original leaves a colon", () => {
    const properties = { "upstream_host_metadata.filter_metadata.istio.workload": "w;sock-shop;c;r" };
    const name = (authority: string, compat: boolean) =>
      report({ request: requestOf("/", authority), properties }, { ...APICLARITY, compat }).request.host;
    assert.equal(name("catalogue:80", false), "catalogue.sock-shop");
    assert.equal(name("[::1]:80", false), "::1");
    assert.equal(name("[::1]:80", true), ":.sock-shop");
  });
});

describe("redaction", () => {
  test("listed headers and parameters get a mark; others and bodies stay", () => {
    const secret = "s3cr3t";
    const { scnt_request: request, scnt_response: response } = report({
      request: requestOf(`/a?b=1&access_token=${secret}&c=${secret}x#token=${secret}`, "h", [
        ["authorization", `Bearer ${secret}`],
        ["X-Api-Key", secret],
        ["referer", `https://h/?password=${secret};q=2`],
        ["x-other", "kept"],
        ["cookie", ""],
        ["proxy-authorization", "redacted-basic-1a2b3c4d"],
      ]),
      requestBody: [bytesOf(`password=${secret}`)],
      response: [...OK, ["location", `/next?code=${secret}&%61pi_key=${secret}`]],
    });
    assert.equal(
      request.path,
      `/a?b=1&access_token=redacted-access_token-00000000&c=${secret}x#token=redacted-token-00000000`,
    );
    assert.deepEqual(request.headers.slice(2), [
      ["authorization", "redacted-authorization-00000000"],
      ["x-api-key", "redacted-x-api-key-00000000"],
      ["referer", "https://h/?password=redacted-password-00000000;q=2"],
      ["x-other", "kept"],
      ["cookie", ""],
      ["proxy-authorization", "redacted-basic-1a2b3c4d"],
    ]);
    assert.equal(response.headers[0][1], "/next?code=redacted-code-00000000&%61pi_key=redacted-api_key-00000000");
    assert.equal(Buffer.from(request.body, "base64").toString(), `password=${secret}`);
  });

  test("redact_headers and redact_query add to the lists", () => {
    const made = report(
      {
        request: requestOf("/?tenant=1&token=2", "h", [
          ["x-tenant", "3"],
          ["authorization", "4"],
        ]),
      },
      { redact_headers: ["X-Tenant"], redact_query: ["tenant"] },
    );
    assert.equal(made.scnt_request.path, "/?tenant=redacted-tenant-00000000&token=redacted-token-00000000");
    assert.deepEqual(made.scnt_request.headers.slice(2), [
      ["x-tenant", "redacted-x-tenant-00000000"],
      ["authorization", "redacted-authorization-00000000"],
    ]);
  });
});
