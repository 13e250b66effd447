import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { findFreePorts } from "./support/processes.ts";
import {
  type BootstrapParts,
  dial,
  type Harness,
  ip,
  pipe,
  readAll,
  startProxy,
  startService,
  until,
  writeBootstrap,
} from "./support/proxy-harness.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

async function proxyTo(port: number, parts: Partial<BootstrapParts> = {}, memoryBytes?: number): Promise<Harness> {
  const harness = await startProxy(writeBootstrap({ endpoints: [ip(port)], ...parts }), memoryBytes);
  cleanups.push(() => harness.proxy.stop());
  return harness;
}

async function service(...handler: Parameters<typeof startService>) {
  const started = await startService(...handler);
  cleanups.push(started.stop);
  return started;
}

/** A port on which nothing listens. */
const closedPort = async (): Promise<number> => (await findFreePorts(1))[0]!;

const counter = ({ proxy }: Harness, wanted: string) =>
  proxy.counters.collect().find(({ name }) => name === wanted)?.value;

test("a megabyte goes both ways unchanged, and both sides' taps see it", async () => {
  const { port } = await service((socket) => socket.pipe(socket));
  const harness = await proxyTo(port);
  const client = await dial(harness.port);
  const sent = Buffer.alloc(1 << 20, "0123456789abcdef-").toString();
  client.end(sent);
  assert.equal(await readAll(client), sent);
  await until(() => harness.proxy.connectionCount === 0, "the relay has ended");
  const [downstream] = harness.tap.of("server");
  const [upstream] = harness.tap.of("client");
  for (const seen of [downstream!.read, downstream!.written, upstream!.read, upstream!.written])
    assert.ok(seen === sent);
  for (const { events } of [downstream!, upstream!]) {
    assert.equal(events[0], "open");
    assert.equal(events.at(-1), "close fin");
  }
  assert.ok(harness.proxy.ledger.balanced);
  assert.deepEqual(harness.proxy.ledger.format(), [
    "downstream-bytes: 1048576 in = 1048576 handled",
    "upstream-bytes: 1048576 in = 1048576 handled",
  ]);
  assert.equal(counter(harness, "cluster.back.upstream_cx_active"), 0);
});

test("the taps know the addresses of both connections", async () => {
  const { port } = await service((socket) => socket.end());
  const harness = await proxyTo(port);
  const client = await dial(harness.port);
  await readAll(client);
  const [downstream] = harness.tap.of("server");
  const [upstream] = harness.tap.of("client");
  const { localPort } = client;
  assert.deepEqual(downstream!.connection.local, { kind: "ip", address: "127.0.0.1", port: harness.port });
  assert.deepEqual(downstream!.connection.remote, { kind: "ip", address: "127.0.0.1", port: localPort });
  assert.deepEqual(upstream!.connection.remote, { kind: "ip", address: "127.0.0.1", port });
  assert.equal(upstream!.connection.local?.kind, "ip");
  assert.deepEqual([downstream!.connection.source, upstream!.connection.source], ["front", "back"]);
  assert.deepEqual([downstream!.connection.id, upstream!.connection.id], [0n, 1n]);
  client.end();
});

test("a client that has said its last word still gets the answer", async () => {
  const { port } = await service((socket) => {
    let got = "";
    socket.on("data", (bytes) => {
      got += bytes;
    });
    socket.on("end", () => setTimeout(() => socket.end(`you said ${got}`), 20));
  });
  const harness = await proxyTo(port);
  const client = await dial(harness.port);
  client.end("hello");
  assert.equal(await readAll(client), "you said hello");
});

test("a service that has said its last word still hears the client", async () => {
  let heard = "";
  const { port } = await service((socket) => {
    socket.end("bye");
    socket.on("data", (bytes) => {
      heard += bytes;
    });
  });
  const harness = await proxyTo(port);
  const client = await dial(harness.port);
  assert.equal(await readAll(client), "bye");
  client.write("one ");
  await sleep(10);
  client.end("two");
  await until(() => heard === "one two", "the service has heard both");
  await until(() => harness.proxy.connectionCount === 0, "the relay has ended");
});

test("a client that never reads holds the service back, within the bounds of what is buffered", async () => {
  let written = 0;
  const block = Buffer.alloc(64 * 1024);
  const { port, sockets } = await service((socket) => {
    const write = () => {
      while (!socket.destroyed && socket.write(block)) written += block.length;
      written += block.length;
    };
    socket.on("drain", write);
    write();
  });
  const harness = await proxyTo(port);
  const client = await dial(harness.port);
  client.pause();
  let before = -1;
  await until(() => {
    const same = before === written && harness.budget.used > 0;
    before = written;
    return same;
  }, "the service is held back");
  assert.ok(harness.budget.used <= 128 * 1024, `holds ${harness.budget.used}`);
  const other = await dial(harness.port);
  const [bytes] = await once(other, "data");
  assert.ok(bytes.length > 0, "another client is served meanwhile");
  client.resetAndDestroy();
  other.resetAndDestroy();
  await until(() => sockets.size === 0, "the service is told");
  await until(() => harness.proxy.connectionCount === 0, "both relays have ended");
  assert.equal(harness.budget.used, 0);
  assert.ok(harness.proxy.ledger.balanced);
  const { droppedBy, buffered } = harness.proxy.ledger.book("upstream-bytes");
  assert.ok(droppedBy.get("receiver-closed")! > 0);
  assert.equal(buffered, 0);
});

test("a slow reader gets everything, in order", async () => {
  const sent = Buffer.from(Array.from({ length: 1_500_000 }, (_, index) => (index * 7) & 255));
  const { port } = await service((socket) => socket.end(sent));
  const harness = await proxyTo(port);
  const client = await dial(harness.port);
  const chunks: Buffer[] = [];
  client.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    client.pause();
    setTimeout(() => client.resume(), 2);
  });
  await once(client, "end");
  assert.ok(Buffer.concat(chunks).equals(sent));
  client.end();
});

test("a reset is handed on, from either end", async () => {
  for (const end of ["client", "service"] as const) {
    const { port, sockets } = await service((socket) => socket.write("ready"));
    const harness = await proxyTo(port);
    const client = await dial(harness.port);
    await once(client, "data");
    const [accepted] = sockets;
    const [first, other] = end === "client" ? [client, accepted!] : [accepted!, client];
    const error = once(other, "error").then(([reason]) => reason.code);
    other.resume();
    first.resetAndDestroy();
    assert.equal(await error, "ECONNRESET", `reset by the ${end}`);
    await until(() => harness.proxy.connectionCount === 0, "the relay has ended");
    assert.ok(harness.tap.connections.every(({ events }) => events.at(-1) === "close reset"));
  }
});

test("when nothing listens upstream the client's connection is closed in good order, and counted", async () => {
  const harness = await proxyTo(await closedPort());
  const client = await dial(harness.port);
  let failed = false;
  client.on("error", () => {
    failed = true;
  });
  client.write("GET / HTTP/1.1\r\n\r\n");
  assert.equal(await readAll(client), "");
  client.end();
  await until(() => harness.proxy.connectionCount === 0, "the session has ended");
  assert.equal(failed, false);
  assert.equal(counter(harness, "cluster.back.upstream_cx_connect_fail"), 1);
  assert.equal(counter(harness, "cluster.back.upstream_cx_active"), 0);
  assert.ok(harness.proxy.ledger.balanced);
  const [refused] = harness.tap.of("client");
  assert.deepEqual(refused!.events, ["close unknown"]);
  assert.ok(refused!.connection.local?.kind === "ip" && refused!.connection.local.port > 0);
  assert.deepEqual(harness.tap.of("server")[0]!.events, ["open", "read 18", "close fin"]);
});

test("a name that cannot be resolved does not keep the listener from starting", async () => {
  const cluster = "type: STRICT_DNS";
  const endpoints = ["{socket_address: {address: no-such-name.invalid, port_value: 80}}"];
  const harness = await proxyTo(0, { endpoints, cluster });
  const client = await dial(harness.port);
  assert.equal(await readAll(client), "");
  client.end();
  assert.equal(counter(harness, "cluster.back.upstream_cx_none_healthy"), 1);
  assert.equal(counter(harness, "cluster.back.update_failure"), 1);
});

test("endpoints take turns, and another one is tried where that is configured", async () => {
  const { port } = await service((socket) => socket.end("here"));
  const endpoints = [ip(await closedPort()), ip(port)];
  const once = await proxyTo(0, { endpoints });
  const answers: string[] = [];
  for (let round = 0; round < 4; round++) {
    const client = await dial(once.port);
    answers.push(await readAll(client));
    client.end();
  }
  assert.deepEqual(answers, ["", "here", "", "here"]);
  const twice = await proxyTo(0, { endpoints, tcpProxy: "max_connect_attempts: 2" });
  for (let round = 0; round < 3; round++) {
    const client = await dial(twice.port);
    assert.equal(await readAll(client), "here");
    client.end();
  }
});

test("a connection on which nothing moves is closed after idle_timeout, a busy one is not", async () => {
  const { port } = await service((socket) => socket.pipe(socket));
  const harness = await proxyTo(port, { tcpProxy: "idle_timeout: 0.3s" });
  const idle = await dial(harness.port);
  const busy = await dial(harness.port);
  const ticker = setInterval(() => busy.write("."), 50);
  cleanups.push(() => clearInterval(ticker));
  busy.resume();
  await readAll(idle);
  assert.equal(harness.proxy.connectionCount, 1);
  assert.equal(counter(harness, "tcp.front.idle_timeout"), 1);
  assert.ok(harness.tap.of("server").some(({ events }) => events.at(-1) === "close timeout"));
  busy.destroy();
});

test("Unix sockets are listened on and connected to", async () => {
  const folder = makeTemporaryFolder();
  cleanups.push(folder.remove);
  const inner = join(folder.path, "inner.sock");
  const outer = join(folder.path, "outer.sock");
  const server = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket)).listen(inner);
  cleanups.push(() => server.close());
  await once(server, "listening");
  const harness = await proxyTo(0, { listen: pipe(outer), endpoints: [pipe(inner)] });
  const client = await dial(outer);
  client.end("through two files");
  assert.equal(await readAll(client), "through two files");
  assert.deepEqual(harness.tap.of("server")[0]!.connection.local, { kind: "pipe", path: outer });
  assert.deepEqual(harness.tap.of("client")[0]!.connection.remote, { kind: "pipe", path: inner });
});

test("the proxy does not connect to itself", async () => {
  const port = await closedPort();
  const harness = await proxyTo(port, { listen: ip(port) });
  const client = await dial(port);
  assert.equal(await readAll(client), "");
  client.end();
  assert.equal(counter(harness, "cluster.back.upstream_cx_loop_refused"), 1);
  assert.equal(harness.tap.of("client").length, 0);
});

test("a connection that comes back to the proxy on a way that its address does not show is refused there", async () => {
  const port = await closedPort();
  const harness = await proxyTo(port, { listen: ip(port) });
  // As if packets were redirected: it does not know that this address is its own.
  harness.proxy.ownAddresses.remove(harness.proxy.addresses[0]!.address);
  const client = await dial(port);
  assert.equal(await readAll(client), "");
  client.end();
  await until(() => harness.proxy.connectionCount === 0, "both connections are over");
  assert.equal(counter(harness, `listener.127.0.0.1_${port}.downstream_cx_loop_refused`), 1);
  assert.equal(counter(harness, `listener.127.0.0.1_${port}.downstream_cx_total`), 2);
});

test("a new configuration takes over: what did not change stays, and connections keep what they have", async () => {
  const first = await service((socket) => socket.write("first "));
  const second = await service((socket) => socket.write("second "));
  const listen = ip(await closedPort());
  const harness = await proxyTo(first.port, { listen });
  const old = await dial(harness.port);
  await once(old, "data");
  await harness.reload(writeBootstrap({ endpoints: [ip(second.port)], listen }));
  const young = await dial(harness.port);
  assert.equal(String((await once(young, "data"))[0]), "second ");
  const answer = once(old, "data");
  for (const socket of first.sockets) socket.write("still");
  assert.equal(String((await answer)[0]), "still");

  const elsewhere = ip(await closedPort());
  await harness.reload(writeBootstrap({ endpoints: [ip(second.port)], listen: elsewhere }));
  await assert.rejects(dial(harness.port), { code: "ECONNREFUSED" });
  assert.equal(harness.proxy.connectionCount, 2);
  first.stop();
  second.stop();
  old.destroy();
  young.destroy();
  await until(() => harness.proxy.connectionCount === 0, "the retired listener's relays have ended");
});

test("a configuration that cannot be bound leaves the old one running", async () => {
  const { port } = await service((socket) => socket.end("alive"));
  const taken = await service(() => {});
  const harness = await proxyTo(port);
  await assert.rejects(harness.reload(writeBootstrap({ endpoints: [ip(port)], listen: ip(taken.port) })), {
    code: "configuration",
    message: /cannot listen on 127\.0\.0\.1:\d+: .*EADDRINUSE/,
  });
  const client = await dial(harness.port);
  assert.equal(await readAll(client), "alive");
  client.end();
});

test("draining lets connections end, then closes what is left", async () => {
  const { port } = await service((socket) => socket.pipe(socket));
  const harness = await proxyTo(port);
  const quick = await dial(harness.port);
  const slow = await dial(harness.port);
  const rest = readAll(slow);
  await until(() => harness.tap.of("client").length === 2, "both are connected");
  const drained = harness.proxy.drain(300);
  await assert.rejects(dial(harness.port), { code: "ECONNREFUSED" });
  quick.end("bye");
  assert.equal(await readAll(quick), "bye");
  assert.equal(await drained, 1);
  assert.equal(await rest, "");
  slow.destroy();
  assert.equal(harness.proxy.connectionCount, 0);
});

test("a relay for which there is no memory is closed, and the others go on", async () => {
  const block = Buffer.alloc(8 << 20);
  const { port } = await service((socket) => socket.write(block));
  const harness = await proxyTo(port, {}, 1000);
  const client = await dial(harness.port);
  client.pause();
  await until(() => counter(harness, "proxy.relays_closed_for_memory") === 1, "the budget has refused");
  await until(() => harness.proxy.connectionCount === 0, "the relay has ended");
  assert.equal(harness.budget.used, 0);
  assert.ok(harness.proxy.ledger.balanced);
  client.destroy();
});
