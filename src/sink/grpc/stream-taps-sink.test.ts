/** The client against connect-node's gRPC server: a foreign implementation of gRPC over HTTP/2. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fromBinary } from "@bufbuild/protobuf";
import { type Connection, isTaken, Ledger, MemoryBudget, SILENT_LOGGER } from "../../model/index.ts";
import { type ReceivedTrace, TapService } from "../../source/tap-service/tap-service.ts";
import { TraceWrapperSchema } from "../../wire/envoy/gen/envoy/data/tap/v3/trace_pb.js";
import type { TraceWrapper } from "../../wire/envoy/index.ts";
import { StreamTapsSink } from "./stream-taps-sink.ts";

const IDENTIFIER = { nodeId: "node-1", cluster: "front", tapId: "tap-1" };
const CONNECTION: Connection = { id: 7n, transport: "tcp", local: undefined, remote: undefined, role: "server" };

test("traces arrive in order, after an identifier, over both versions of the service", {
  timeout: 240_000,
}, async () => {
  for (const version of ["v3", "v2alpha"] as const) {
    const received: ReceivedTrace[] = [];
    const { service, port } = await startService((trace) => void received.push(trace));
    const { sink, ledger, budget } = createSink(port, { version });
    const handle = sink.open({ id: 7n, connection: CONNECTION });
    for (let index = 0; index < 500; index++) assert.equal(handle.submit(makeTrace(index)), "taken");
    await sink.close();
    await waitFor(() => received.length === 500);
    assert.deepEqual(received[499]!.identifier, IDENTIFIER);
    assert.ok(received.every(({ traceId }) => traceId === 7n));
    if (version === "v3") {
      const { trace } = fromBinary(TraceWrapperSchema, received[123]!.bytes);
      assert.equal(trace.case === "socketBufferedTrace" && trace.value.traceId, 123n);
    }
    assert.equal(received[0]!.layout, version === "v3" ? "new" : "old");
    assert.deepEqual([ledger.book("grpc").handled, ledger.balanced, budget.used], [500, true, 0]);
    await service.stop();
  }
});

test("a receiver that comes back gets what was queued meanwhile; what does not fit is dropped and counted", {
  timeout: 240_000,
}, async () => {
  const { service, port } = await startService(() => {});
  await service.stop();
  const { sink, ledger, budget } = createSink(port, { maxQueuedBytes: 1000 });
  const handle = sink.open({ id: 1n, connection: CONNECTION });
  let taken = 0;
  for (let index = 0; index < 100; index++) if (isTaken(handle.submit(makeTrace(index)))) taken++;
  assert.ok(taken > 10 && taken < 100, String(taken));
  await delay(100);
  const received: ReceivedTrace[] = [];
  const again = await startService((trace) => void received.push(trace), port);
  await waitFor(() => received.length === taken);
  await sink.close();
  await again.service.stop();
  const book = ledger.book("grpc");
  assert.deepEqual(
    [book.handled, book.droppedBy.get("grpc-queue-full"), ledger.balanced, budget.used],
    [taken, 100 - taken, true, 0],
  );
});

test("closing without a receiver gives up after the time allowed, and counts what is lost", {
  timeout: 240_000,
}, async () => {
  const { sink, ledger } = createSink(1, {});
  sink.open({ id: 1n, connection: CONNECTION }).submit(makeTrace(1));
  await sink.close(300);
  assert.equal(ledger.book("grpc").droppedBy.get("closed"), 1);
});

test("a wrong token is refused", { timeout: 240_000 }, async () => {
  const received: ReceivedTrace[] = [];
  const failures: string[] = [];
  const service = new TapService({
    listen: { host: "127.0.0.1", port: 0 },
    token: "secret",
    onTrace: (trace) => void received.push(trace),
    onStream: ({ why }) => void (why !== undefined && failures.push(why)),
  });
  const address = await service.start();
  const { sink } = createSink(address.kind === "ip" ? address.port : 0, {});
  sink.open({ id: 1n, connection: CONNECTION }).submit(makeTrace(1));
  await waitFor(() => failures.length > 0);
  await sink.close(100);
  await service.stop();
  assert.deepEqual([failures[0], received.length], ["wrong token", 0]);
});

function createSink(port: number, options: { version?: "v3" | "v2alpha"; maxQueuedBytes?: number }) {
  const ledger = new Ledger();
  const budget = new MemoryBudget(16 * 1024 * 1024);
  const sink = new StreamTapsSink({
    authority: `http://127.0.0.1:${port}`,
    identifier: IDENTIFIER,
    budget,
    book: ledger.book("grpc"),
    logger: SILENT_LOGGER,
    backoff: { first: 50, last: 200 },
    ...options,
  });
  return { sink, ledger, budget };
}

async function startService(onTrace: (trace: ReceivedTrace) => void, port = 0) {
  const service = new TapService({ listen: { host: "127.0.0.1", port }, onTrace });
  const address = await service.start();
  return { service, port: address.kind === "ip" ? address.port : 0 };
}

function makeTrace(id: number): TraceWrapper {
  return {
    trace: {
      kind: "socket-buffered",
      traceId: BigInt(id),
      connection: {},
      events: [],
      readTruncated: false,
      writeTruncated: true,
    },
  };
}

async function waitFor(condition: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 4800 && !condition(); attempt++) await delay(25);
  assert.ok(condition(), "waited 5 s in vain");
}
