/** The conversation of an original Rover (../shared/fixtures/skywalking), and the same out of order, sent to the collector over gRPC. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fromJson, type JsonValue } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { GrpcServer } from "../../src/collector/grpc/grpc-server.ts";
import {
  type EBPFAccessLogMessage,
  EBPFAccessLogMessageSchema,
  EBPFAccessLogService,
} from "../../src/wire/skywalking/gen/skywalking/v3/access_log_pb.js";
import {
  EBPFProcessReportListSchema,
  EBPFProcessService,
} from "../../src/wire/skywalking/gen/skywalking/v3/process_pb.js";
import { startCollector } from "../support/collector-page.ts";
import { sharedData } from "../support/needs.ts";

const { path, skip } = sharedData("fixtures/skywalking");

/** The recording names the member of each oneof beside it. */
function withoutNames(value: unknown): JsonValue {
  if (Array.isArray(value)) return value.map(withoutNames);
  if (typeof value !== "object" || value === null) return value as JsonValue;
  const entries = Object.entries(value).filter(
    ([name, one]) =>
      !(
        typeof one === "string" &&
        /^(?:address|operation|timestamp|protocol|metadata|environment)$/.test(name) &&
        one in value
      ),
  );
  return Object.fromEntries(entries.map(([name, one]) => [name, withoutNames(one)]));
}

test("the recorded conversation is taken, and what is out of order is refused message by message", {
  skip,
  timeout: 240_000,
}, async (context) => {
  const lines = readFileSync(join(path, "rover-original.ndjson"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const messages = lines
    .filter((line) => line.ev === undefined)
    .map((line) => fromJson(EBPFAccessLogMessageSchema, withoutNames(line), { ignoreUnknownFields: true }));
  const running = await startCollector();
  context.after(running.stop);
  const { collector, ledger, store } = running;
  const grpc = new GrpcServer({
    collector,
    store,
    ledger,
    listen: { kind: "ip", address: "127.0.0.1", port: 0 },
    token: "letmein",
  });
  const { port } = await grpc.start();
  context.after(() => grpc.stop());
  const transport = createGrpcTransport({ baseUrl: `http://127.0.0.1:${port}` });
  const logs = createClient(EBPFAccessLogService, transport);
  const headers = { authentication: "letmein" };
  async function* each(items: readonly EBPFAccessLogMessage[]): AsyncGenerator<EBPFAccessLogMessage> {
    yield* items;
  }
  await assert.rejects(logs.collect(each(messages)), /valid token/);

  // As Rover does: a stream for each batch, which begins with its node.
  let batch: EBPFAccessLogMessage[] = [];
  for (const message of messages) {
    if (message.node !== undefined && batch.length > 0) {
      await logs.collect(each(batch), { headers });
      batch = [];
    }
    batch.push(message);
  }
  await logs.collect(each(batch), { headers });
  // biome-ignore lint/suspicious/noExplicitAny: answers of the API, whose fields are asserted
  const ask = async (query: string) => (await fetch(`${running.url}api/v1/${query}`)).json() as Promise<any>;
  const https = messages.filter(({ protocolLog }) => protocolLog !== undefined).length;
  const kernel = messages.reduce((sum, { kernelLogs }) => sum + kernelLogs.length, 0);
  const { items } = await ask("exchanges?limit=1000");
  assert.equal(items.length, https);
  assert.ok(items.every((item: { service: string }) => item.service === "details.default"));
  assert.equal((await ask("flows?limit=1000")).flows.length, kernel);
  assert.equal(ledger.book("access-logs").handled, messages.length);

  const processes = createClient(EBPFProcessService, transport);
  const report = fromJson(
    EBPFProcessReportListSchema,
    withoutNames(lines.find((line) => line.ev === "reportProcesses").r),
  );
  const answer = await processes.reportProcesses(report, { headers });
  assert.deepEqual(
    answer.processes.map(({ process }) => process.value?.pid),
    report.processes.map(({ metadata }) => metadata.value?.pid),
  );

  // Without a node nothing is known; without a connection neither; both by themselves.
  const [first, ...rest] = messages;
  const { connection: _, ...alone } = messages.find(({ protocolLog }) => protocolLog !== undefined)!;
  const { node: __, ...noNode } = first!;
  const before = ledger.book("access-logs").handled;
  await logs.collect(
    each([
      noNode as EBPFAccessLogMessage,
      { ...alone, node: first!.node! } as EBPFAccessLogMessage,
      ...rest.slice(0, 5),
    ]),
    {
      headers,
    },
  );
  assert.deepEqual(Object.fromEntries(ledger.book("access-logs").droppedBy), { "no-node": 1 });
  assert.ok(ledger.book("access-logs").handled > before);
});
