import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { buildBody, buildExchange } from "../../../../test/support/build-exchange.ts";
import type { Connection, HttpExchange } from "../../../model/index.ts";
import {
  DEFAULT_TELEMETRY_OPTIONS,
  readTelemetry,
  type TelemetryOptions,
  writeTelemetry,
} from "../../../wire/telemetry/index.ts";
import { fixHostName, fromTelemetry, toTelemetry } from "./index.ts";

const at = (options: Partial<TelemetryOptions>): TelemetryOptions => ({ ...DEFAULT_TELEMETRY_OPTIONS, ...options });

function withBodies(request: Uint8Array, response: Uint8Array): HttpExchange {
  const exchange = buildExchange();
  return {
    ...exchange,
    request: { ...exchange.request!, body: buildBody(request) },
    response: { ...exchange.response!, body: buildBody(response) },
  };
}

describe("names of services as the original makes them", () => {
  const CASES: readonly [authority: string, namespace: string, host: string, isFixed: boolean][] = [
    ["https://example.org:8000", "", "example.org", true],
    ["a.b.svc.cluster.local", "", "a.b", true],
    ["a.b.svc.cluster", "", "a.b", true],
    ["a.b.svc", "", "a.b", true],
    ["a.svc", "", "a", true],
    ["svc.", "", "svc.", true],
    ["10.1.2.3:9090", "", "10.1.2.3", true],
    ["user@h.com", "", "h.com", true],
    ["EXAMPLE.com", "", "EXAMPLE.com", true],
    ["ex ample.com", "", "", false],
    ["%zz", "", "", false],
    ["", "", "", false],
    ["catalogue:80", "sock-shop", "catalogue.sock-shop", true],
    ["catalogue", "", "catalogue", false],
    ["[::1]:80", "", "::1", true],
  ];
  for (const [authority, namespace, host, isFixed] of CASES)
    test(`${JSON.stringify(authority)} in ${JSON.stringify(namespace)}`, () =>
      assert.deepEqual(fixHostName(authority, namespace), { host, isFixed }));

  test("an IPv6 address as the original leaves it", () =>
    assert.deepEqual(fixHostName("[::1]:80", "", { compat: true }), { host: ":", isFixed: false }));
});

describe("an exchange as a report", () => {
  test("HTTP/1: the authority first, without Host, excluded and pseudo headers, names in lower case", () => {
    const exchange = buildExchange({
      authority: "shop.example:8080",
      target: "http://shop.example:8080?q=1",
      requestHeaders: { "X-Request-Id": "r1", "X-Envoy-Foo": "no", Accept: "*/*" },
    });
    const { request, requestId, destinationAddress, sourceAddress, scheme } = toTelemetry(exchange, at({}));
    assert.deepEqual(
      request.headers.map(({ name, value }) => `${name}: ${value}`),
      ["host: shop.example:8080", "x-request-id: r1", "accept: */*"],
    );
    assert.deepEqual([request.path, request.host, requestId], ["/?q=1", "shop.example:8080", "r1"]);
    assert.deepEqual([destinationAddress, sourceAddress, scheme], ["10.0.0.2:80", "10.0.0.1:1234", "http"]);
    assert.equal(request.version, "HTTP/1.1");
  });

  test("apiclarity has the name without its port; compat has neither scheme nor version", () => {
    const exchange = buildExchange({ authority: "orders.shop.svc:80" });
    const telemetry = toTelemetry(exchange, at({ format: "apiclarity", compat: true }));
    assert.deepEqual(
      [telemetry.request.host, telemetry.scheme, telemetry.request.version, telemetry.response.version],
      ["orders.shop", "", "", ""],
    );
    assert.equal(telemetry.request.headers[0]!.value, "orders.shop.svc:80");
  });

  test("without a response, and without ends", () => {
    const nowhere: Partial<Connection> = { local: undefined, remote: undefined };
    const { response, destinationAddress, sourceAddress } = toTelemetry(
      buildExchange({ without: "response", connection: nowhere }),
      at({}),
    );
    assert.deepEqual([response.statusCode, response.headers, response.body.length], ["", [], 0]);
    assert.deepEqual([destinationAddress, sourceAddress], ["", ""]);
  });

  test("of which only the response was seen has an empty request, without a host", () => {
    const { request } = toTelemetry(buildExchange({ without: "request" }), at({}));
    assert.deepEqual([request.method, request.path, request.host, request.headers], ["", "", "", []]);
  });

  for (const [endpoint, text] of [
    [{ kind: "ip", address: "::1", port: 8080 }, "[::1]:8080"],
    [{ kind: "ip", address: "10.0.0.9", port: 1 }, "10.0.0.9:1"],
    [{ kind: "pipe", path: "/run/a.sock" }, "/run/a.sock"],
  ] as const)
    test(`its address ${text}`, () => {
      const { destinationAddress, sourceAddress } = toTelemetry(
        buildExchange({ connection: { local: endpoint, remote: endpoint } }),
        at({}),
      );
      assert.deepEqual([destinationAddress, sourceAddress], [text, text]);
    });

  const BODIES: readonly [mode: TelemetryOptions["bodyMode"], size: number, kept: number, truncated: boolean][] = [
    ["drop", 10, 10, false],
    ["drop", 11, 0, true],
    ["prefix", 11, 10, true],
    ["none", 1, 0, true],
    ["none", 0, 0, false],
  ];
  for (const [bodyMode, size, kept, truncated] of BODIES)
    test(`a limit of 10, ${bodyMode}, a body of ${size}`, () => {
      const options = at({ bodyMode, maxBodyBytes: 10 });
      const { request, response } = toTelemetry(withBodies(new Uint8Array(size), new Uint8Array(0)), options);
      assert.deepEqual([request.body.length, request.truncated], [kept, truncated]);
      assert.deepEqual([response.body.length, response.truncated], [0, false]);
    });

  test("a body that the analysis cut is dropped as one that is too long", () => {
    const exchange = buildExchange();
    const body = { ...buildBody("abc"), size: 5, truncated: true, complete: true };
    const cut = { ...exchange, response: { ...exchange.response!, body } };
    assert.deepEqual([...toTelemetry(cut, at({})).response.body], []);
    assert.equal(toTelemetry(cut, at({})).response.truncated, true);
  });

  test("a body whose coding was undone is told without that coding's headers", () => {
    const exchange = buildExchange({ responseHeaders: { "Content-Encoding": "gzip", "Content-Length": "9", A: "b" } });
    const body = { ...buildBody("abc"), decodedFrom: "gzip" };
    const { response } = toTelemetry({ ...exchange, response: { ...exchange.response!, body } }, at({}));
    assert.deepEqual(response.headers, [{ name: "a", value: "b" }]);
  });

  test("without its times, or one of them", () => {
    const start = { seconds: 1_700_000_000, nanos: 123_456_789 };
    const end = { seconds: 1_700_000_000, nanos: 165_956_789 };
    for (const [times, request, response] of [
      [{ requestStart: start, responseEnd: end }, 1_700_000_000_123, 1_700_000_000_165],
      [{ requestStart: start, responseStart: end }, 1_700_000_000_123, 1_700_000_000_165],
      [{ requestStart: start, requestEnd: end }, 1_700_000_000_123, 1_700_000_000_165],
      [{ requestStart: start }, 1_700_000_000_123, 1_700_000_000_123],
      [{ responseEnd: end }, undefined, undefined],
      [{}, undefined, undefined],
    ] as const) {
      const made = toTelemetry(buildExchange({ exchange: { times } }), at({ format: "apiclarity" }));
      assert.deepEqual([made.request.timeMillis, made.response.timeMillis], [request, response]);
      const { time } = JSON.parse(writeTelemetry(made, "apiclarity")).request.common;
      assert.equal(time, request ?? 0);
    }
  });

  test("times in whole milliseconds, each by itself", () => {
    const times = {
      requestStart: { seconds: 1_700_000_000, nanos: 123_999_999 },
      responseEnd: { seconds: 1_700_000_000, nanos: 166_499_999 },
    };
    const { request, response } = toTelemetry({ ...buildExchange(), times }, at({}));
    assert.deepEqual([request.timeMillis, response.timeMillis], [1_700_000_000_123, 1_700_000_000_165]);
    const untimed = toTelemetry({ ...buildExchange(), times: {} }, at({}));
    assert.deepEqual([untimed.request.timeMillis, untimed.response.timeMillis], [undefined, undefined]);
  });
});

describe("a report as an exchange", () => {
  let ids = 0n;
  const context = {
    id: 3,
    received: { seconds: 5, nanos: 0 },
    connectionFor: (_key: string, make: () => Connection) => make(),
    nextConnectionId: () => ids++,
    source: "sidecar",
  };
  const read = (document: object): HttpExchange => {
    const reading = readTelemetry(Buffer.from(JSON.stringify(document)));
    assert.ok("telemetry" in reading);
    return fromTelemetry(reading.telemetry, context);
  };

  for (const format of ["scn", "apiclarity"] as const)
    test(`${format}: what was written is read, and written again the same`, () => {
      const exchange = buildExchange({
        method: "POST",
        target: "/a?b=1",
        authority: "shop.example:8080",
        requestHeaders: { "x-request-id": "r1" },
        requestBody: "hello",
        responseHeaders: { "content-type": "text/plain" },
        connection: { namespace: "shop" },
      });
      const text = writeTelemetry(toTelemetry(exchange, at({ format })), format);
      const again = read(JSON.parse(text));
      assert.equal(writeTelemetry(toTelemetry(again, at({ format })), format), text);
      assert.equal(again.request!.authority, "shop.example:8080");
      assert.equal(again.quality, "complete");
      assert.equal(again.connection.namespace, "shop");
    });

  test("the time that a document does not have is the time at which it came", () => {
    assert.deepEqual(read({ scnt_request: {} }).times, { requestStart: context.received });
  });

  test("a request without a response is one, and a dropped body is truncated", () => {
    const exchange = read({
      request: { method: "GET", path: "/", common: { TruncatedBody: true, headers: [["content-length", "2000000"]] } },
      response: { statusCode: "" },
    });
    assert.deepEqual([exchange.quality, exchange.problems], ["unpaired", ["request-without-response"]]);
    assert.equal(exchange.response, undefined);
    assert.deepEqual([exchange.request!.body.truncated, exchange.request!.body.size], [true, 2_000_000]);
  });

  test("addresses of both families, paths, and none", () => {
    for (const [text, endpoint] of [
      ["10.0.0.1:80", { kind: "ip", address: "10.0.0.1", port: 80 }],
      ["[::1]:8080", { kind: "ip", address: "::1", port: 8080 }],
      ["/run/a.sock", { kind: "pipe", path: "/run/a.sock" }],
      ["10.0.0.1:99999", undefined],
      ["", undefined],
    ] as const)
      assert.deepEqual(read({ request: {}, destinationAddress: text }).connection.local, endpoint, text);
  });
});
