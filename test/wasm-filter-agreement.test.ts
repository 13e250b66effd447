/** The filter in Envoy and the exporter in the proxy are one: of random exchanges, in any parts, they make the same report. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { toTelemetry } from "../src/analysis/http/telemetry/index.ts";
import type { Header, HttpExchange } from "../src/model/index.ts";
import { exchangeProperties, fieldPairs, requestPairs, responsePairs } from "../src/wasm-host/exchange-parts.ts";
import type { Pair } from "../src/wasm-host/index.ts";
import { DEFAULT_TELEMETRY_OPTIONS, type TelemetryOptions, writeTelemetry } from "../src/wire/telemetry/index.ts";
import { buildExchange } from "./support/build-exchange.ts";
import { Random } from "./support/random.ts";
import { FilterRun, IGNORED, loadOwnFilter, readReport } from "./support/wasm/filter-run.ts";

const filter = await loadOwnFilter();
const EXCHANGES = 500;

describe("the filter and the exporter in the proxy", () => {
  const random = new Random();
  const runs = new Map<string, FilterRun>();

  test(`agree on ${EXCHANGES} random exchanges (seed ${random.seed})`, () => {
    for (let round = 0; round < EXCHANGES; round++) {
      const options = drawOptions(random);
      const exchange = drawExchange(random);
      const configuration = configurationOf(options);
      const key = JSON.stringify(configuration);
      const run = runs.get(key) ?? new FilterRun(filter, configuration);
      runs.set(key, run);
      const ours = runThrough(run, exchange, random);
      const theirs = JSON.parse(writeTelemetry(toTelemetry(exchange, options), options.format));
      assert.deepEqual(ours, theirs, `seed ${random.seed}, round ${round}: ${key}`);
    }
    for (const run of runs.values()) assert.deepEqual(run.logs, []);
  });
});

function drawOptions(random: Random): TelemetryOptions {
  return {
    ...DEFAULT_TELEMETRY_OPTIONS,
    format: random.pick(["scn", "apiclarity"]),
    compat: true,
    maxBodyBytes: random.pick([1_000_000, 2000]),
    bodyMode: random.pick(["drop", "prefix", "none"]),
    excludeHeaderPrefixes: random.pick([["x-envoy-"], ["x-b3-", "a"], []]),
  };
}

function configurationOf({ format, maxBodyBytes, bodyMode, excludeHeaderPrefixes }: TelemetryOptions): object {
  return {
    format,
    compat: true,
    redact: false,
    max_body_bytes: maxBodyBytes,
    body_mode: bodyMode,
    exclude_header_prefixes: excludeHeaderPrefixes,
  };
}

function drawExchange(random: Random): HttpExchange {
  const exchange = buildExchange({
    method: random.pick(["GET", "POST", "DELETE"]),
    target: `/${octets(random, 30)}?${octets(random, 30)}`,
    authority: random.pick(["shop.example.com:8080", "catalogue", "orders.sock-shop.svc.cluster.local:80", "10.1.2.3"]),
    status: random.pick([200, 204, 404, 503]),
    requestBody: body(random),
    responseBody: body(random),
    ...(random.chance(8) && { without: "response" as const }),
  });
  const { request, response, connection, times } = exchange;
  return {
    ...exchange,
    connection: {
      ...connection,
      ...(random.chance(2) && { namespace: random.pick(["sock-shop", "default"]) }),
      ...(random.chance(5) && { remote: undefined }),
    },
    times: { ...times, ...(response === undefined && { responseStart: undefined!, responseEnd: undefined! }) },
    ...(request && { request: { ...request, headers: [...request.headers, ...drawHeaders(random)] } }),
    ...(response && { response: { ...response, headers: drawHeaders(random) } }),
  };
}

function drawHeaders(random: Random): Header[] {
  return random.list(12, () => ({
    name: random.pick([
      "a",
      "b",
      "x-envoy-peer",
      "x-b3-traceid",
      "Content-Type",
      "set-cookie",
      "x-request-id",
      "api-key",
    ]),
    value: octets(random, 40),
  }));
}

/** Any octets but those that end a line; some of them UTF-8. */
function octets(random: Random, most: number): string {
  const piece = (): string =>
    random.pick([
      () => String.fromCharCode(32 + random.below(95)),
      () => random.pick(["\t", "\x7f", '"', "\\", "\x01"]),
      () => Buffer.from(random.pick(["é", "€", "😀", "\u2028"])).toString("latin1"),
      () => (random.chance(4) ? String.fromCharCode(128 + random.below(128)) : "x"),
    ])();
  return random.list(most, piece).join("").replace(/[ ?#]/g, "_");
}

function body(random: Random): Uint8Array {
  const size = random.pick([0, 1, 100, 2000, 2001, 10_000]);
  return Uint8Array.from({ length: size }, () => random.below(256));
}

function runThrough(run: FilterRun, exchange: HttpExchange, random: Random): unknown {
  const { request, response } = exchange;
  const before = run.calls.length;
  const stream = run.plugin.openStream({ output: IGNORED, properties: exchangeProperties(exchange) });
  stream.requestHeaders(requestPairs(request!), request!.body.bytes.length === 0);
  for (const part of cut(random, request!.body.bytes)) stream.requestBody(part, false);
  if (response !== undefined) {
    stream.responseHeaders(responsePairs(response.status, response.headers), response.body.bytes.length === 0);
    for (const part of cut(random, response.body.bytes)) stream.responseBody(part, false);
    if (random.chance(3)) stream.responseTrailers(fieldPairs([{ name: "t", value: "1" }]) as Pair[]);
  }
  stream.close(random.pick(["log-first", "done-first"]));
  return readReport(run.calls[before]!).json;
}

function cut(random: Random, bytes: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = random.below(random.chance(2) ? 50 : 5000);
    parts.push(bytes.subarray(at, at + size));
    at += size;
  }
  return parts;
}
