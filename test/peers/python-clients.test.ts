/** The collector and those who come with other people's code: OpenTelemetry's SDK and messages, and the Model Context Protocol's client. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { GrpcServer } from "../../src/collector/grpc/grpc-server.ts";
import { receiveReports } from "../../src/collector/ingest/receive-reports.ts";
import { Ledger, MemoryBudget } from "../../src/model/index.ts";
import { OtlpSink } from "../../src/sink/otlp/otlp-sink.ts";
import { buildExchange } from "../support/build-exchange.ts";
import { startCollector } from "../support/collector-page.ts";
import { skipUnless } from "../support/needs.ts";
import { startProgram } from "../support/processes.ts";
import { until } from "../support/proxy-harness.ts";
import { runProgram } from "../support/run-program.ts";

const PEER = join(import.meta.dirname, "python-clients");
const CACHE = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "tapline/peers/python-clients-1");
const PYTHON = join(CACHE, "bin/python");
const LISTEN = { kind: "ip", address: "127.0.0.1", port: 0 } as const;
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };
const BIN = join(import.meta.dirname, "../../bin/tapline");

describe("clients of Python", { skip: skipUnless("python3"), timeout: 900_000 }, () => {
  before(async () => {
    if (existsSync(join(CACHE, "complete"))) return;
    const build = `python3 -m venv ${CACHE} && ${PYTHON} -m pip -q install -r ${PEER}/requirements.txt && touch ${CACHE}/complete`;
    const { code, stderr } = await runProgram("sh", ["-c", build], { timeoutMillis: 600_000 });
    assert.equal(code, 0, stderr);
  });

  test("spans of OpenTelemetry's SDK are kept, by HTTP and by gRPC", async (context) => {
    const running = await startCollector();
    context.after(running.stop);
    const { collector, store, ledger } = running;
    const ingest = receiveReports({ collector, ledger, listen: LISTEN, hosts: () => ["*"] });
    const grpc = new GrpcServer({ collector, store, ledger, listen: LISTEN, token: undefined });
    const ports = [(await ingest.start()).port, (await grpc.start()).port].map(String);
    context.after(() => Promise.all([ingest.stop(), grpc.stop()]));
    const { code, stderr } = await runProgram(PYTHON, [join(PEER, "send_spans.py"), ...ports], {
      timeoutMillis: 240_000,
    });
    assert.equal(code, 0, stderr);
    const { items } = await store.list({ limit: 100, filter: "request.method == 'GET'" });
    assert.deepEqual(
      items.map(({ service, target, status }) => `${service} ${target} ${status}`).sort(),
      ["by-grpc", "by-http"].flatMap((name) => [0, 1, 2].map((n) => `${name} /${name}/${n} ${n === 0 ? 500 : 200}`)),
    );
    assert.equal(ledger.book("spans").skippedBy.get("not-http"), 6);
  });

  test("the official messages read what is handed on as OTLP", async (context) => {
    const receiver = startProgram(PYTHON, [join(PEER, "receive_otlp.py")]);
    context.after(() => receiver.stop("SIGKILL"));
    await until(
      () => receiver.output().includes("port"),
      () => receiver.output(),
    );
    const { port } = JSON.parse(receiver.output().split("\n")[0]!);
    const budget = new MemoryBudget(1024 * 1024);
    const sink = new OtlpSink({ url: `http://127.0.0.1:${port}`, ledger: new Ledger(), budget, logger: SILENT });
    const exchange = buildExchange({ target: "/a/17", status: 503 });
    sink.submit(exchange);
    sink.measure(exchange);
    await sink.close(performance.now() + 60_000);
    const lines = receiver.output().trim().split("\n").slice(1);
    const [traces, metrics] = lines.map((line) => JSON.parse(line).message);
    const [span] = traces.resourceSpans[0].scopeSpans[0].spans;
    assert.partialDeepStrictEqual(span, {
      name: "GET /a/{id}",
      kind: "SPAN_KIND_SERVER",
      status: { code: "STATUS_CODE_ERROR" },
    });
    const [metric] = metrics.resourceMetrics[0].scopeMetrics[0].metrics;
    assert.equal(metric.name, "http.server.request.duration");
    assert.equal(metric.histogram.aggregationTemporality, "AGGREGATION_TEMPORALITY_CUMULATIVE");
    assert.equal(metric.histogram.dataPoints[0].count, "1");
  });

  test("the client of the Model Context Protocol lists the tools and finds what is kept", async (context) => {
    const running = await startCollector();
    context.after(running.stop);
    await running.keep(buildExchange({ target: "/cart", status: 503 }), buildExchange({ target: "/ok" }));
    const command = [join(PEER, "ask_mcp.py"), BIN, "mcp", "--url", running.url];
    const { code, stdout, stderr } = await runProgram(PYTHON, command, { timeoutMillis: 240_000 });
    assert.equal(code, 0, stderr);
    const { tools, found, wrong } = JSON.parse(stdout);
    assert.ok(tools.length >= 10 && tools.includes("sum_services"), tools.join());
    assert.deepEqual(
      found.map(({ target }: { target: string }) => target),
      ["/cart"],
    );
    assert.match(wrong, /response\.cod/);
  });
});
