/**
 * A real Jaeger 1.76 (by Go, built once into the cache of peers): what a collector hands on with `--otlp` is asked back by Jaeger's own query API,
 * and what Jaeger (an OpenTelemetry Collector inside) hands on by OTLP over HTTP and over gRPC becomes the same exchanges in two more collectors.
 */
import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { exchangeLine } from "../../src/analysis/protocols/index.ts";
import type { ListItem } from "../../src/collector/store/record/list-item.ts";
import { buildExchange, type ExchangeParts } from "../support/build-exchange.ts";
import { buildGoPeer } from "../support/go-peer.ts";
import { skipUnless } from "../support/needs.ts";
import { findFreePorts, startProgram, waitForPort } from "../support/processes.ts";
import { MAIN } from "../support/tapline-main.ts";
import { makeTemporaryFolder } from "../support/temporary-folder.ts";

const NAME = "jaeger-1.76.0";
const BUILT = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "tapline/peers", NAME);

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const PARENT = "00f067aa0ba902b7";
const SECONDS = Math.floor(Date.now() / 1000) - 60;
const at = (millis: number) => ({ seconds: SECONDS, nanos: millis * 1e6 + 789 });
const TIMES = { requestStart: at(1), requestEnd: at(2), responseStart: at(40), responseEnd: at(50) };
const traced = { traceparent: `00-${TRACE}-${PARENT}-01` };

/** An exchange, and what the semantic conventions make of it. */
interface Case {
  readonly parts: ExchangeParts;
  readonly span: Readonly<Record<string, unknown>>;
  readonly attributes: Readonly<Record<string, string | number>>;
}

const HTTP = { "url.scheme": "http", "http.request.body.size": 0, "client.address": "10.0.0.1", "client.port": 1234 };
const CASES: readonly Case[] = [
  {
    parts: { target: "/orders/17?sort=up", authority: "shop:8080", requestHeaders: traced, responseBody: "four" },
    span: { service: "shop", name: "GET /orders/{id}", kind: 2, trace: TRACE, parent: PARENT, status: 0 },
    attributes: {
      ...HTTP,
      "http.request.method": "GET",
      "http.response.status_code": 200,
      "http.route": "/orders/{id}",
      "url.path": "/orders/17",
      "url.query": "sort=up",
      "http.response.body.size": 4,
    },
  },
  {
    parts: { method: "POST", target: "/pay", status: 503, authority: "shop:8080", requestHeaders: traced },
    span: { service: "shop", name: "POST /pay", kind: 2, trace: TRACE, parent: PARENT, status: 2 },
    attributes: { ...HTTP, "http.request.method": "POST", "http.response.status_code": 503, "error.type": "503" },
  },
  {
    parts: { target: "/missing", status: 404, authority: "shop:8080" },
    span: { service: "shop", name: "GET /missing", kind: 2, parent: "", status: 0 },
    attributes: { ...HTTP, "http.response.status_code": 404 },
  },
  {
    parts: {
      target: "/asks",
      status: 404,
      authority: "stock:80",
      connection: { role: "client", named: { local: "web" } },
    },
    span: { service: "web", name: "GET /asks", kind: 3, parent: "", status: 2 },
    attributes: { "http.response.status_code": 404, "error.type": "404" },
  },
  {
    parts: {
      method: "POST",
      target: "/shop.Cart/Add",
      authority: "cart:50051",
      requestHeaders: { "content-type": "application/grpc" },
      exchange: { protocol: "h2", application: [{ name: "grpc", status: 14, statusName: "UNAVAILABLE" }] },
    },
    span: { service: "cart", name: "POST /shop.Cart/Add", kind: 2, parent: "", status: 2 },
    attributes: { "rpc.service": "shop.Cart", "rpc.method": "Add", "rpc.grpc.status_code": 14 },
  },
];

test("a real Jaeger gets what was seen, and hands the same on", {
  skip: existsSync(BUILT) ? false : skipUnless("go"),
  timeout: 2_400_000,
}, async (context) => {
  const jaeger = existsSync(BUILT)
    ? BUILT
    : await buildGoPeer("jaeger-go", NAME, "github.com/jaegertracing/jaeger/cmd/jaeger").catch((error: Error) => error);
  if (jaeger instanceof Error) {
    context.skip(`missing: Jaeger 1.76.0, which cannot be built here: ${jaeger.message.slice(0, 500)}`);
    return;
  }
  const folder = makeTemporaryFolder();
  context.after(folder.remove);
  const [query, queryGrpc, otlpHttp, otlpGrpc] = (await findFreePorts(4)) as [number, number, number, number];
  const startCollector = async (name: string, ...flags: string[]) => {
    const [page, ingest, grpc] = (await findFreePorts(3)) as [number, number, number];
    const addresses = ["--listen", local(page), "--ingest", local(ingest), "--grpc", local(grpc)];
    const data = ["--data", join(folder.path, name)];
    const program = startProgram(process.execPath, [MAIN, "collector", ...addresses, ...data, ...flags]);
    context.after(() => program.stop());
    await waitForPort(grpc);
    return { page, ingest, grpc, program };
  };
  const first = await startCollector("first", "--otlp", `http://${local(otlpHttp)}`);
  const byHttp = await startCollector("by-http");
  const byGrpc = await startCollector("by-grpc");
  const config = join(folder.path, "jaeger.yaml");
  writeFileSync(
    config,
    `service:
  extensions: [jaeger_storage, jaeger_query]
  pipelines: { traces: { receivers: [otlp], exporters: [jaeger_storage_exporter, otlphttp, otlp] } }
  telemetry: { metrics: { level: none } }
extensions:
  jaeger_storage: { backends: { memory: { memory: { max_traces: 10000 } } } }
  jaeger_query: { storage: { traces: memory }, http: { endpoint: "${local(query)}" }, grpc: { endpoint: "${local(queryGrpc)}" } }
receivers: { otlp: { protocols: { http: { endpoint: "${local(otlpHttp)}" }, grpc: { endpoint: "${local(otlpGrpc)}" } } } }
exporters:
  jaeger_storage_exporter: { trace_storage: memory }
  otlphttp: { endpoint: "http://${local(byHttp.ingest)}" }
  otlp: { endpoint: "${local(byGrpc.grpc)}", tls: { insecure: true } }
`,
  );
  const peer = startProgram(jaeger, ["--config", config]);
  context.after(() => peer.stop());
  await waitForPort(query);

  const lines = CASES.map(({ parts }, index) =>
    exchangeLine(
      buildExchange({
        ...parts,
        connection: { id: BigInt(index + 1), ...parts.connection },
        exchange: { id: index + 1, times: TIMES, ...parts.exchange },
      }),
    ),
  );
  const recording = join(folder.path, "seen.ndjson");
  writeFileSync(recording, lines.join(""));
  const sent = startProgram(process.execPath, [MAIN, "read", recording, "--send", `grpc://${local(first.grpc)}`]);
  await new Promise((resolve) => sent.child.once("close", resolve));

  const services = new Set(CASES.map(({ span }) => span["service"]));
  const asked = async () => {
    const all = await Promise.all([...services].map((service) => spansOf(query, String(service))));
    return all.flat();
  };
  let spans = await asked();
  for (let waited = 0; spans.length < CASES.length && waited < 300; waited++) {
    await delay(200);
    spans = await asked();
  }
  assert.equal(spans.length, CASES.length, `${sent.output()}\n${peer.output().slice(-3000)}`);
  for (const { span, attributes } of CASES) {
    const found = spans.find(({ name }) => name === span["name"]);
    assert.ok(found !== undefined, `Jaeger has no ${span["name"]}`);
    for (const [key, value] of Object.entries(span)) assert.deepEqual([key, found[key as keyof Span]], [key, value]);
    for (const [key, value] of Object.entries(attributes))
      assert.deepEqual([key, found.attributes[key]], [key, value], String(span["name"]));
    assert.equal(found.from, `${SECONDS}001000789`);
    assert.equal(found.to, `${SECONDS}050000789`);
  }

  const kept = await exchangesOf(first.page, CASES.length);
  for (const { page } of [byHttp, byGrpc]) {
    const got = await exchangesOf(page, CASES.length);
    assert.deepEqual(got.map(factsOf), kept.map(factsOf));
    // A request without a trace has one of its own as a span.
    for (const { traceId, target } of got)
      assert.equal(traceId, kept.find((one) => one.target === target)?.traceId ?? traceId);
    assert.ok(got.every(({ traceId }) => traceId !== undefined));
  }
});

const local = (port: number): string => `127.0.0.1:${port}`;

interface Span {
  readonly service: string;
  readonly name: string;
  readonly kind: number;
  readonly trace: string;
  readonly parent: string;
  /** `2`: an error. */
  readonly status: number;
  /** Nanoseconds since the epoch. */
  readonly from: string;
  readonly to: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** As OTLP has it in JSON. */
interface OtlpValue {
  readonly stringValue?: string;
  readonly intValue?: string;
  readonly boolValue?: boolean;
}
interface OtlpAttribute {
  readonly key: string;
  readonly value: OtlpValue;
}
interface OtlpSpan {
  readonly traceId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly OtlpAttribute[];
  readonly status?: { readonly code?: number };
}
interface FoundTraces {
  readonly result?: {
    readonly resourceSpans?: readonly {
      readonly resource: { readonly attributes: readonly OtlpAttribute[] };
      readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
    }[];
  };
}

/** By Jaeger's query API, version 3. */
async function spansOf(port: number, service: string): Promise<Span[]> {
  const [from, to] = [SECONDS - 3600, SECONDS + 3600].map((one) => new Date(one * 1000).toISOString());
  const parameters = new URLSearchParams({
    "query.service_name": service,
    "query.start_time_min": from!,
    "query.start_time_max": to!,
    "query.num_traces": "100",
  });
  const answer = await fetch(`http://${local(port)}/api/v3/traces?${parameters}`);
  if (answer.status === 404) return [];
  assert.equal(answer.status, 200, await answer.clone().text());
  const { result } = (await answer.json()) as FoundTraces;
  return (result?.resourceSpans ?? []).flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap((scope) =>
      scope.spans.map((span) => ({
        service: String(plain(resource.attributes)["service.name"]),
        name: span.name,
        kind: span.kind,
        trace: span.traceId,
        parent: span.parentSpanId ?? "",
        status: span.status?.code ?? 0,
        from: span.startTimeUnixNano,
        to: span.endTimeUnixNano,
        attributes: plain(span.attributes),
      })),
    ),
  );
}

function plain(attributes: readonly OtlpAttribute[]): Record<string, unknown> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      value.intValue === undefined ? (value.stringValue ?? value.boolValue) : Number(value.intValue),
    ]),
  );
}

/** All that a collector keeps, once there are so many. */
async function exchangesOf(port: number, count: number): Promise<readonly ListItem[]> {
  for (let waited = 0; ; waited++) {
    const answer = await fetch(`http://${local(port)}/api/v1/exchanges?limit=100`);
    const { items } = (await answer.json()) as { items: readonly ListItem[] };
    if (items.length >= count || waited > 300) return items;
    await delay(200);
  }
}

/** Only that which a span can say. */
function factsOf({ verb, target, status, outcome, reason, service, application, duration, time }: ListItem) {
  return { verb, target, status, outcome, reason, service, application, duration, time };
}
