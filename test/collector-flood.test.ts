/** More than a collector can bring to disk: it says so at once, holds no more than its budget, and what it acknowledged is there once. */
import assert from "node:assert/strict";
import { Agent, request } from "node:http";
import { connect } from "node:http2";
import { type TestContext, test } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import { GrpcServer } from "../src/collector/grpc/grpc-server.ts";
import { receiveReports } from "../src/collector/ingest/receive-reports.ts";
import type { ExchangeStore } from "../src/collector/store/exchange-store.ts";
import { EBPFAccessLogMessageSchema } from "../src/wire/skywalking/gen/skywalking/v3/access_log_pb.js";
import { startCollector } from "./support/collector-page.ts";
import { until } from "./support/proxy-harness.ts";

const TIMEOUT = { timeout: 120_000 };
const MEMORY = 8 * 1024 * 1024;
const SENT = 2000;

/** A disk that takes its time: batches wait until it goes on. */
function holdDisk(context: TestContext, store: ExchangeStore) {
  const append = store.append.bind(store);
  const { promise: goesOn, resolve: goOn } = Promise.withResolvers<void>();
  let batches = 0;
  context.mock.method(store, "append", async (batch: Parameters<typeof append>[0]) => {
    batches++;
    await goesOn;
    return append(batch);
  });
  return { goOn, batches: () => batches };
}

async function start(context: TestContext) {
  const running = await startCollector({}, MEMORY);
  context.after(running.stop);
  const { collector, ledger, store } = running;
  const listen = { kind: "ip", address: "127.0.0.1", port: 0 } as const;
  const ingest = receiveReports({ collector, ledger, listen, token: undefined, hosts: () => [] });
  const grpc = new GrpcServer({ collector, store, ledger, listen, token: undefined });
  const ports = { ingest: (await ingest.start()).port, grpc: (await grpc.start()).port };
  context.after(() => ingest.stop());
  context.after(() => grpc.stop());
  /** How often each path is stored. */
  const stored = async () => {
    const counts = new Map<string, number>();
    for (let cursor: string | undefined; ; ) {
      const page = await store.list({ limit: 1000, ...(cursor !== undefined && { cursor }) });
      for (const { target } of page.items) counts.set(target!, (counts.get(target!) ?? 0) + 1);
      cursor = page.cursor;
      if (cursor === undefined) return counts;
    }
  };
  return { ...running, ...ports, stored };
}

/** The most that was ever held of what may wait, and of what may be half read. */
function assertWithin({ collector }: Awaited<ReturnType<typeof start>>): void {
  for (const budget of [collector.receiving, collector.intake.waiting])
    assert.ok(budget.peak > 0 && budget.peak <= MEMORY / 4, `${budget.peak} of ${MEMORY / 4}`);
}

test(
  "a flood of reports is answered with 503 while the disk is busy, and each that got 200 is there once",
  TIMEOUT,
  async (context) => {
    const running = await start(context);
    const disk = holdDisk(context, running.store);
    const agent = new Agent({ keepAlive: true });
    context.after(() => agent.destroy());
    const post = (path: string) =>
      new Promise<number>((resolve, reject) => {
        const outgoing = request({ port: running.ingest, method: "POST", path: "/publish", agent }, (response) => {
          assert.equal(response.headers["retry-after"], response.statusCode === 503 ? "1" : undefined);
          response.resume().on("end", () => resolve(response.statusCode!));
        });
        const value = "x".repeat(1000);
        const asked = { method: "GET", path, host: "h", headers: [["x-padding", value]] };
        outgoing
          .on("error", reject)
          .end(JSON.stringify({ scnt_request: asked, scnt_response: { status_code: "200" } }));
      });
    const acknowledged: string[] = [];
    let refused = 0;
    const flood = Array.from({ length: SENT }, async (_, index) => {
      const path = `/n/${index}`;
      const status = await post(path);
      if (status === 200) acknowledged.push(path);
      else refused++;
      return status;
    });
    // The disk has taken nothing yet: those that are refused do not wait for it, and those that are not are few.
    const [received, kept] = [running.ledger.book("received-traces"), running.ledger.book("stored")];
    await until(
      () => received.entered === SENT && refused === received.dropped && kept.entered - kept.dropped === SENT - refused,
      "all but those that wait are answered",
      60_000,
    );
    assert.equal(acknowledged.length, 0);
    assert.equal(disk.batches(), 1);
    const waiting = SENT - refused;
    assert.ok(waiting > 100 && waiting <= 1024, `${waiting} wait`);
    disk.goOn();
    const statuses = new Set(await Promise.all(flood));
    assert.deepEqual([...statuses].sort(), [200, 503]);
    assert.equal(acknowledged.length, waiting, "what was not refused is kept");
    assert.deepEqual(await running.stored(), new Map(acknowledged.sort().map((path) => [path, 1])));
    assertWithin(running);
    // And then it takes more.
    assert.equal(await post("/after"), 200);
  },
);

test(
  "streams of access logs get RESOURCE_EXHAUSTED while the disk is busy, and each that got OK is there once",
  TIMEOUT,
  async (context) => {
    const running = await start(context);
    const disk = holdDisk(context, running.store);
    const session = connect(`http://127.0.0.1:${running.grpc}`);
    context.after(() => session.destroy());
    const collect = (name: string, count: number) =>
      new Promise<string>((resolve, reject) => {
        const stream = session.request({
          ":method": "POST",
          ":path": "/skywalking.v3.EBPFAccessLogService/collect",
          "content-type": "application/grpc",
          te: "trailers",
        });
        const take = (headers: Record<string, unknown>) => {
          const status = headers["grpc-status"];
          if (status !== undefined) resolve(String(status));
        };
        stream.on("response", take).on("trailers", take).on("error", reject).resume();
        stream.end(Buffer.concat(Array.from({ length: count }, (_, index) => frame(log(`/${name}/${index}`, index)))));
      });
    const COUNT = 40;
    const statuses = new Map<string, string>();
    const flood = Array.from({ length: 100 }, async (_, index) => {
      statuses.set(`s${index}`, await collect(`s${index}`, COUNT));
    });
    await until(() => statuses.size > 20, "streams are refused", 60_000);
    assert.deepEqual([...new Set(statuses.values())], ["8"]);
    assert.equal(disk.batches(), 1);
    disk.goOn();
    await Promise.all(flood);
    const stored = await running.stored();
    const whole = [...statuses].filter(([, status]) => status === "0").map(([name]) => name);
    assert.ok(whole.length > 0);
    assert.deepEqual([...new Set(statuses.values())].sort(), ["0", "8"]);
    for (const name of whole)
      for (let index = 0; index < COUNT; index++) assert.equal(stored.get(`/${name}/${index}`), 1, `/${name}/${index}`);
    assert.ok([...stored.values()].every((count) => count === 1));
    assert.equal(running.ledger.book("stored").handled, stored.size);
    assertWithin(running);
    assert.equal(await collect("after", 3), "0");
  },
);

function log(path: string, index: number): Uint8Array {
  const end = (host: string, port: number) => ({ address: { case: "ip" as const, value: { host, port } } });
  const message = create(EBPFAccessLogMessageSchema, {
    ...(index === 0 && {
      node: { name: "node", bootTime: { seconds: 1_795_000_000n } },
      connection: { local: end("10.0.0.9", 80), remote: end("10.0.0.5", 1000), role: 1 },
    }),
    protocolLog: { protocol: { case: "http", value: { request: { path }, response: { statusCode: 200 } } } },
  });
  return toBinary(EBPFAccessLogMessageSchema, message);
}

function frame(message: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}
