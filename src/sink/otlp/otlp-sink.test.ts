import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { fromBinary } from "@bufbuild/protobuf";
import { buildExchange } from "../../../test/support/build-exchange.ts";
import { Ledger, MemoryBudget } from "../../model/index.ts";
import { ExportMetricsServiceRequestSchema } from "../../wire/otlp/gen/opentelemetry/metrics/metrics_service_pb.js";
import {
  ExportTraceServiceRequestSchema,
  type KeyValue,
} from "../../wire/otlp/gen/opentelemetry/trace/trace_service_pb.js";
import { OtlpSink } from "./otlp-sink.ts";

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };
const at = (millis: number) => ({ seconds: 1_700_000_000, nanos: millis * 1e6 });
const times = { requestStart: at(1), requestEnd: at(2), responseStart: at(40), responseEnd: at(50) };

const plain = (attributes: readonly KeyValue[]) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, value?.value?.value]));

test("writes spans by the semantic conventions and cumulative metrics, and books what a backend refuses", async (context) => {
  const asked: { path: string; token: string | undefined; body: Buffer }[] = [];
  let status = 503;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      asked.push({
        path: request.url!,
        token: request.headers["x-token"] as string | undefined,
        body: Buffer.concat(chunks),
      });
      response.writeHead(status).end();
      status = 200;
    });
  }).listen(0, "127.0.0.1");
  context.after(() => server.close());
  await once(server, "listening");
  const ledger = new Ledger();
  const budget = new MemoryBudget(1024 * 1024);
  const sink = new OtlpSink({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/otlp/`,
    headers: { "x-token": "t" },
    ledger,
    budget,
    logger: SILENT,
    statistics: () => [
      { name: "tapline.x", family: "tapline.x", labels: { book: "b" }, kind: "counter", value: 7 },
      { name: "tapline.y", family: "tapline.y", labels: {}, kind: "gauge", value: 0.5 },
    ],
  });
  const failed = buildExchange({
    target: "/cart/17?a=1",
    status: 503,
    authority: "shop:8080",
    requestHeaders: { traceparent: "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01" },
    exchange: { id: 1, times },
  });
  const odd = buildExchange({ method: "PURGE", exchange: { id: 2, times } });
  for (const exchange of [failed, odd, buildExchange({ exchange: { id: 3, times: {} } })]) {
    sink.submit(exchange);
    sink.measure(exchange);
  }
  await sink.flush();
  await sink.close(performance.now() + 60_000);
  assert.deepEqual(
    asked.map(({ path, token }) => [path, token]),
    [
      ["/otlp/v1/traces", "t"],
      ["/otlp/v1/traces", "t"],
      ["/otlp/v1/metrics", "t"],
    ],
  );
  const { resourceSpans } = fromBinary(ExportTraceServiceRequestSchema, asked[1]!.body);
  assert.deepEqual(plain(resourceSpans[0]!.resource!.attributes), { "service.name": "shop" });
  const [span] = resourceSpans[0]!.scopeSpans[0]!.spans;
  assert.equal(Buffer.from(span!.traceId).toString("hex"), "0af7651916cd43dd8448eb211c80319c");
  assert.equal(Buffer.from(span!.parentSpanId).toString("hex"), "00f067aa0ba902b7");
  assert.deepEqual(
    [span!.name, span!.kind, span!.startTimeUnixNano, span!.endTimeUnixNano, span!.status?.code, span!.spanId.length],
    ["GET /cart/{id}", 2, 1700000000001000000n, 1700000000050000000n, 2, 8],
  );
  const attributes = plain(span!.attributes);
  assert.partialDeepStrictEqual(attributes, {
    "http.request.method": "GET",
    "http.response.status_code": 503n,
    "http.route": "/cart/{id}",
    "url.path": "/cart/17",
    "url.query": "a=1",
    "server.address": "shop",
    "server.port": 8080n,
    "network.protocol.name": "http",
    "network.protocol.version": "1.1",
    "error.type": "503",
  });
  const spans = resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
  const purge = spans.map(({ attributes: of }) => plain(of)).find((of) => of["http.request.method"] === "_OTHER");
  assert.equal(purge?.["http.request.method_original"], "PURGE");

  const { resourceMetrics } = fromBinary(ExportMetricsServiceRequestSchema, asked[2]!.body);
  const [ofShop, ...others] = resourceMetrics;
  const data = ofShop!.scopeMetrics[0]!.metrics[0]!.data;
  assert.ok(data.case === "histogram");
  const [point] = data.value.dataPoints;
  assert.deepEqual([point!.count, point!.bucketCounts.length, point!.bucketCounts[3]], [1n, 15, 1n]);
  assert.ok(Math.abs(point!.sum - 0.049) < 1e-9);
  const own = others.at(-1)!.scopeMetrics[0]!.metrics;
  assert.deepEqual(
    own.map(({ name, data: { case: kind } }) => [name, kind]),
    [
      ["tapline.x", "sum"],
      ["tapline.y", "gauge"],
    ],
  );
  const book = ledger.book("otlp-spans");
  assert.deepEqual([book.entered, book.handled, [...book.skippedBy]], [3, 2, [["without-time", 1]]]);
  assert.equal(budget.used, 0);
});
