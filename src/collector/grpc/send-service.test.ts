import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { buildExchange } from "../../../test/support/build-exchange.ts";
import { startCollector } from "../../../test/support/collector-page.ts";
import { until } from "../../../test/support/proxy-harness.ts";
import { runProgram } from "../../../test/support/run-program.ts";
import { MAIN } from "../../../test/support/tapline-main.ts";
import { makeTemporaryFolder } from "../../../test/support/temporary-folder.ts";
import { Ledger, MemoryBudget } from "../../model/index.ts";
import { BatchSpool } from "../../sink/send/batch-spool.ts";
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

/** A collector that anybody may send to. */
async function startServing(context: TestContext) {
  const running = await startCollector();
  context.after(running.stop);
  const listen = { kind: "ip", address: "127.0.0.1", port: 0 } as const;
  const grpc = new GrpcServer({ ...running, listen, token: undefined });
  const { port } = await grpc.start();
  context.after(() => grpc.stop());
  return { ...running, port };
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
  const sender = new CollectorSender({ mode: "live", url, token: "letmein", ledger: sending, budget, name: "here" });
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

test("a sender that begins is taken while nobody can tell where others were, and one in the middle is refused", {
  timeout: 120_000,
}, async (context) => {
  const { store, port } = await startServing(context);
  const breaker = await startBreaker(port);
  context.after(breaker.stop);
  const asked = context.mock.method(store, "senderPosition", () => Promise.reject(new Error("the database is away")));
  const told: string[] = [];
  const send = (name: string) => {
    const [sending, budget] = [new Ledger(), new MemoryBudget(64 * 1024 * 1024)];
    const options = {
      mode: "live",
      url: `grpc://127.0.0.1:${breaker.port}`,
      token: undefined,
      patienceMillis: 1500,
    } as const;
    const tell = (text: string) => void told.push(text);
    const sender = new CollectorSender({ ...options, ledger: sending, budget, name, tell });
    sender.sinks.exchanges.submit(buildExchange({ target: `/${name}` }));
    return { sender, book: sending.book("sent") };
  };
  const first = send("begins");
  await first.sender.close(Number.POSITIVE_INFINITY);
  assert.equal(first.book.handled, 1);

  const second = send("goes-on");
  await until(() => second.book.handled === 1, "its first is taken");
  breaker.breakAll();
  second.sender.sinks.exchanges.submit(buildExchange({ target: "/later" }));
  await second.sender.close(Number.POSITIVE_INFINITY);
  assert.equal(second.book.format(), "sent: 2 in = 1 handled + 1 dropped (not-acknowledged 1)");
  assert.ok(
    told.some((text) => text.includes("the database is away")),
    told.join("\n"),
  );
  assert.ok(asked.mock.callCount() > 2);
});

test("a command whose collector refuses everything ends", { timeout: 240_000 }, async (context) => {
  const { store, port } = await startServing(context);
  context.mock.method(store, "append", () => Promise.reject(new Error("no room")));
  const capture = join(import.meta.dirname, "../../../docs/sample/capture.pcapng");
  const { code, stderr } = await runProgram(
    process.execPath,
    [MAIN, "read", capture, "-q", "--send", `grpc://127.0.0.1:${port}`],
    {
      timeoutMillis: 90_000,
    },
  );
  assert.match(stderr, /60 that were to be sent to grpc:\S+ are lost/);
  assert.equal(code, 1);
});

test("of many senders at once each batch is taken as a whole, however little room there is", {
  timeout: 240_000,
}, async (context) => {
  const running = await startCollector({}, 12 * 1024 * 1024);
  context.after(running.stop);
  const { collector, store, ledger } = running;
  const grpc = new GrpcServer({
    collector,
    store,
    ledger,
    listen: { kind: "ip", address: "127.0.0.1", port: 0 },
    token: undefined,
  });
  const url = `grpc://127.0.0.1:${(await grpc.start()).port}`;
  context.after(() => grpc.stop());
  const responseBody = "x".repeat(1000);
  const senders = Array.from({ length: 8 }, (_, number) => {
    const budget = new MemoryBudget(64 * 1024 * 1024);
    const sender = new CollectorSender({
      mode: "live",
      url,
      token: undefined,
      ledger: new Ledger(),
      budget,
      name: `s${number}`,
    });
    for (let index = 0; index < 300; index++)
      sender.sinks.exchanges.submit(
        buildExchange({ target: `/${number}/${index}`, responseBody, exchange: { index } }),
      );
    return sender;
  });
  await Promise.all(senders.map((sender) => sender.close(Number.POSITIVE_INFINITY)));
  assert.deepEqual([...ledger.book("stored").droppedBy], []);
  assert.equal((await store.facts()).exchanges, 8 * 300);
});

test("a collector that is away costs what does not fit, and it is counted", { timeout: 240_000 }, async () => {
  const ledger = new Ledger();
  const budget = new MemoryBudget(20_000);
  const sender = new CollectorSender({ mode: "live", url: "grpc://127.0.0.1:1", token: undefined, ledger, budget });
  for (let index = 0; index < 50; index++) sender.sinks.exchanges.submit(buildExchange());
  await sender.close(performance.now() + 500);
  const book = ledger.book("sent");
  assert.equal(book.entered, 50);
  assert.ok(book.droppedBy.get("collector-slow")! > 0 && book.droppedBy.get("not-acknowledged")! > 0);
  assert.deepEqual([ledger.balanced, budget.used], [true, 0]);
});

test("what is not acknowledged lies in the spool, and the next run hands it on once", {
  timeout: 240_000,
}, async (context) => {
  const folder = makeTemporaryFolder();
  context.after(folder.remove);
  const running = await startCollector();
  context.after(running.stop);
  const { collector, store } = running;
  const listen = { kind: "ip", address: "127.0.0.1", port: 0 } as const;
  const grpc = new GrpcServer({ collector, store, ledger: running.ledger, listen, token: undefined });
  const url = `grpc://127.0.0.1:${(await grpc.start()).port}`;
  context.after(() => grpc.stop());
  const run = async (to: string, count: number) => {
    const ledger = new Ledger();
    // So little that without the spool most of it would be dropped.
    const budget = new MemoryBudget(3_000_000);
    const sender = new CollectorSender({
      mode: "live",
      url: to,
      token: undefined,
      ledger,
      budget,
      name: "here",
      spool: folder.path,
    });
    for (let index = 0; index < count; index++)
      sender.sinks.exchanges.submit(buildExchange({ target: `/s/${index}`, exchange: { id: index, index } }));
    await sender.close(to === url ? Number.POSITIVE_INFINITY : performance.now() + 100);
    assert.deepEqual([ledger.balanced, ledger.unsettled, budget.used], [true, [], 0]);
    return ledger.book("sent").format();
  };
  assert.equal(await run("grpc://127.0.0.1:1", 5000), "sent: 5000 in = 0 handled + 5000 skipped (left-in-spool 5000)");
  assert.throws(() => {
    writeFileSync(join(folder.path, "lock"), String(process.ppid));
    new BatchSpool(folder.path, "other");
  }, /in use by process/);
  rmSync(join(folder.path, "lock"));
  assert.equal(await run("grpc://127.0.0.1:1", 1), "sent: 5001 in = 0 handled + 5001 skipped (left-in-spool 5001)");
  assert.equal(await run(url, 0), "sent: 5001 in = 5001 handled");
  assert.equal(await run(url, 10), "sent: 10 in = 10 handled");
  assert.equal((await store.facts()).exchanges, 5011);
  assert.deepEqual(readdirSync(folder.path), ["sender"]);
});

test("what is gone from the spool is counted, and the rest of it is handed on", {
  timeout: 240_000,
}, async (context) => {
  const folder = makeTemporaryFolder();
  context.after(folder.remove);
  const away = new CollectorSender({
    mode: "live",
    url: "grpc://127.0.0.1:1",
    token: undefined,
    ledger: new Ledger(),
    budget: new MemoryBudget(64 * 1024 * 1024),
    spool: folder.path,
  });
  for (const documents of [1, 2, 3, 4, 5]) {
    for (let index = 0; index < documents; index++)
      away.sinks.exchanges.submit(buildExchange({ target: `/${documents}/${index}` }));
    await away.sinks.exchanges.flush?.();
  }
  await away.close(performance.now() + 1);
  const files = readdirSync(folder.path)
    .filter((name) => name.endsWith(".ndjson"))
    .sort()
    .map((name) => join(folder.path, name));
  rmSync(files[1]!);
  const third = readFileSync(files[2]!);
  writeFileSync(files[2]!, third.subarray(0, third.lastIndexOf("\n", -2) + 30));

  const running = await startCollector();
  context.after(running.stop);
  const listen = { kind: "ip", address: "127.0.0.1", port: 0 } as const;
  const { collector, store } = running;
  const grpc = new GrpcServer({ collector, store, ledger: running.ledger, listen, token: undefined });
  const url = `grpc://127.0.0.1:${(await grpc.start()).port}`;
  context.after(() => grpc.stop());
  const [ledger, budget] = [new Ledger(), new MemoryBudget(64 * 1024 * 1024)];
  const told: string[] = [];
  const tell = (text: string) => void told.push(text);
  const sender = new CollectorSender({ mode: "live", url, token: undefined, ledger, budget, spool: folder.path, tell });
  rmSync(files[4]!);
  await sender.close(Number.POSITIVE_INFINITY);
  const book = ledger.book("sent");
  assert.equal(book.format(), "sent: 13 in = 7 handled + 6 dropped (spool-unreadable 6)");
  assert.deepEqual([ledger.balanced, budget.used], [true, 0]);
  assert.equal((await store.facts()).exchanges, 7);
  assert.match(told[0]!, /^1 batches are missing in the spool/);
  assert.match(told[1]!, /lacks 1 documents/);
  assert.match(told[2]!, /cannot be read: ENOENT/);
});

test("a spool that is full counts what does not fit", async (context) => {
  const folder = makeTemporaryFolder();
  context.after(folder.remove);
  const spool = new BatchSpool(folder.path, "here", 100);
  const batch = (sequence: bigint) => ({ sequence, documents: 1, bytes: 60 });
  assert.deepEqual(
    [spool.store(batch(1n), new Uint8Array(60)), spool.store(batch(2n), new Uint8Array(60))],
    [true, false],
  );
  spool.remove(batch(1n));
  assert.equal(spool.store(batch(2n), new Uint8Array(60)), true);
  spool.close();
});
