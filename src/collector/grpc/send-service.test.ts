import assert from "node:assert/strict";
import { connect, createServer, type Socket } from "node:net";
import { test } from "node:test";
import { buildExchange } from "../../../test/support/build-exchange.ts";
import { startCollector } from "../../../test/support/collector-page.ts";
import { Ledger, MemoryBudget } from "../../model/index.ts";
import { CollectorSender } from "../../sink/send/collector-sender.ts";
import { GrpcServer } from "./grpc-server.ts";

/** Passes connections on, and can break them all. */
async function startBreaker(port: number) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const other = connect(port, "127.0.0.1");
    for (const one of [socket, other]) {
      sockets.add(one);
      one.on("error", () => {}).on("close", () => sockets.delete(one));
    }
    socket.pipe(other).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as { port: number }).port,
    breakAll: () => {
      for (const socket of sockets) socket.destroy();
    },
    stop: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

test("what is sent arrives once, also over connections that break", { timeout: 120_000 }, async (context) => {
  const running = await startCollector();
  context.after(running.stop);
  const { collector, ledger, store } = running;
  const listen = { kind: "ip", address: "127.0.0.1", port: 0 } as const;
  const grpc = new GrpcServer({ collector, store, ledger, listen, token: "letmein" });
  const breaker = await startBreaker((await grpc.start()).port);
  context.after(() => grpc.stop());
  context.after(breaker.stop);
  const sending = new Ledger();
  const budget = new MemoryBudget(64 * 1024 * 1024);
  const url = `grpc://127.0.0.1:${breaker.port}`;
  const sender = new CollectorSender({ url, token: "letmein", ledger: sending, budget, name: "here" });
  const wanted = 6000;
  for (let index = 0; index < wanted; index++) {
    sender.sinks.exchanges.submit(buildExchange({ target: `/n/${index}`, exchange: { id: index, index } }));
    if (index % 500 === 0) {
      await new Promise((resolve) => setTimeout(resolve, 60));
      breaker.breakAll();
    }
  }
  await sender.close(Number.POSITIVE_INFINITY);
  assert.equal(sending.book("sent").handled, wanted);
  assert.deepEqual([sending.balanced, sending.unsettled, budget.used], [true, [], 0]);
  const found = new Set<string>();
  let count = 0;
  for (let cursor: string | undefined; ; ) {
    const answer = await store.list({ limit: 1000, ...(cursor !== undefined && { cursor }) });
    for (const { target } of answer.items) found.add(target!);
    count += answer.items.length;
    cursor = answer.cursor;
    if (cursor === undefined) break;
  }
  assert.deepEqual([count, found.size], [wanted, wanted]);
  assert.equal(collector.senders.facts[0]!.exchanges, wanted);
});

test("a collector that is away costs what does not fit, and it is counted", { timeout: 60_000 }, async () => {
  const ledger = new Ledger();
  const budget = new MemoryBudget(20_000);
  const sender = new CollectorSender({ url: "grpc://127.0.0.1:1", token: undefined, ledger, budget });
  for (let index = 0; index < 50; index++) sender.sinks.exchanges.submit(buildExchange());
  await sender.close(performance.now() + 500);
  const book = ledger.book("sent");
  assert.equal(book.entered, 50);
  assert.ok(book.droppedBy.get("collector-slow")! > 0 && book.droppedBy.get("not-acknowledged")! > 0);
  assert.deepEqual([ledger.balanced, budget.used], [true, 0]);
});
