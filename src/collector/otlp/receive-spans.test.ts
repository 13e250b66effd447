import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { create, toBinary } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { startCollector } from "../../../test/support/collector-page.ts";
import {
  ExportTraceServiceRequestSchema,
  TraceService,
} from "../../wire/otlp/gen/opentelemetry/trace/trace_service_pb.js";
import { GrpcServer } from "../grpc/grpc-server.ts";
import { receiveReports } from "../ingest/receive-reports.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
const int = (key: string, intValue: number) => ({ key, value: { intValue: String(intValue) } });

/** As an SDK writes it in JSON: a server's span by the stable names, a client's by the old ones, and one that is no HTTP. */
const REQUEST = {
  resourceSpans: [
    {
      resource: { attributes: [text("service.name", "shop"), text("telemetry.sdk.language", "go")] },
      scopeSpans: [
        {
          scope: { name: "http" },
          spans: [
            {
              traceId: TRACE,
              spanId: "b7ad6b7169203331",
              parentSpanId: "00f067aa0ba902b7",
              name: "POST /cart/{id}",
              kind: 2,
              startTimeUnixNano: "1700000000123456789",
              endTimeUnixNano: "1700000000130456789",
              attributes: [
                text("http.request.method", "POST"),
                text("url.path", "/cart/7"),
                text("url.query", "token=s3cr3t-s3cr3t-0"),
                text("url.scheme", "https"),
                text("server.address", "shop.example.com"),
                text("network.protocol.version", "2"),
                int("http.response.status_code", 503),
                { key: "http.request.header.x-user", value: { arrayValue: { values: [{ stringValue: "ann" }] } } },
              ],
              status: { code: 2 },
            },
            {
              traceId: TRACE,
              spanId: "c7ad6b7169203332",
              kind: 3,
              startTimeUnixNano: "1700000000124000000",
              endTimeUnixNano: "1700000000129000000",
              attributes: [
                text("http.method", "GET"),
                text("http.url", "http://stock:8080/items?id=7"),
                int("http.status_code", 200),
              ],
            },
            {
              traceId: TRACE,
              spanId: "e7ad6b7169203334",
              kind: 2,
              startTimeUnixNano: "1700000000125000000",
              attributes: [
                text("http.request.method", "POST"),
                text("url.path", "/shop.Cart/Add"),
                int("http.response.status_code", 200),
                text("rpc.system", "grpc"),
                int("rpc.grpc.status_code", 14),
              ],
            },
            { traceId: TRACE, spanId: "d7ad6b7169203333", kind: 1, name: "work", attributes: [] },
          ],
        },
      ],
    },
  ],
};

test("spans of HTTP become exchanges, by JSON, binary and gRPC", { timeout: 240_000 }, async (context) => {
  const running = await startCollector();
  context.after(running.stop);
  const { collector, ledger, store } = running;
  const listen = { kind: "ip", address: "127.0.0.1", port: 0 } as const;
  const receiver = receiveReports({ collector, ledger, listen, token: "letmein", hosts: () => [] });
  const url = `http://127.0.0.1:${(await receiver.start()).port}/v1/traces`;
  context.after(() => receiver.stop());
  const grpc = new GrpcServer({ collector, store, ledger, listen, token: undefined });
  const { port } = await grpc.start();
  context.after(() => grpc.stop());
  const post = (body: string | Uint8Array, headers: Record<string, string>) =>
    fetch(url, { method: "POST", body: body as string, headers: { authorization: "Bearer letmein", ...headers } });

  const json = await post(gzipSync(JSON.stringify(REQUEST)), {
    "content-type": "application/json",
    "content-encoding": "gzip",
  });
  assert.deepEqual([json.status, await json.json()], [200, {}]);
  const [call, second, first] = (await store.list({ limit: 10 })).items;
  // HTTP has carried it well: the call has failed.
  assert.deepEqual([call!.outcome, call!.reason, call!.application], ["error", "UNAVAILABLE", "grpc"]);
  assert.deepEqual(
    [first!.service, first!.verb, first!.status, first!.outcome, first!.protocol, first!.traceId, first!.duration],
    ["shop", "POST", "503", "error", "h2", TRACE, 7_000_000],
  );
  assert.equal(first!.time, 1_700_000_000_123_456);
  const { document } = (await store.find(first!.id))!;
  assert.match(document, /"name":"x-user","value":"ann"/);
  assert.match(document, /"service":\{"name":"shop","source":"telemetry"\}/);
  assert.deepEqual(
    [second!.service, second!.target, second!.host, second!.server, second!.peer],
    ["stock", "/items?id=7", "stock:8080", undefined, "shop"],
  );

  const span = {
    kind: 2,
    attributes: [{ key: "http.request.method", value: { value: { case: "stringValue", value: "GET" } } }],
  };
  const message = create(ExportTraceServiceRequestSchema, {
    resourceSpans: [{ scopeSpans: [{ spans: [span as never] }] }],
  });
  const binary = await post(toBinary(ExportTraceServiceRequestSchema, message), {
    "content-type": "application/x-protobuf",
  });
  assert.deepEqual([binary.status, (await binary.arrayBuffer()).byteLength], [200, 0]);
  const client = createClient(TraceService, createGrpcTransport({ baseUrl: `http://127.0.0.1:${port}` }));
  await client.export(message);
  assert.equal((await store.facts()).exchanges, 5);
  assert.equal(ledger.book("spans").format(), "spans: 6 in = 5 handled + 1 skipped (not-http 1)");

  assert.equal((await post("{", { "content-type": "application/json" })).status, 400);
  assert.equal((await post(new Uint8Array([255]), { "content-type": "application/x-protobuf" })).status, 400);
  assert.equal((await fetch(url, { method: "POST", body: "{}" })).status, 401);
  assert.equal((await fetch(url, { headers: { authorization: "Bearer letmein" } })).status, 405);
});
