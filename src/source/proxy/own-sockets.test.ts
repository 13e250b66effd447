import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { test } from "node:test";
import { hasRow, OwnSockets } from "./own-sockets.ts";

const ip = (address: string, port: number) => ({ kind: "ip", address, port }) as const;

test("a connection from one of the proxy's own sockets is known, whatever its address was changed to", () => {
  const near = ip("127.0.0.1", 50_000);
  const cases: [opened: readonly (readonly [string, number])[], isOpen: boolean | undefined, expected: boolean][] = [
    [[], false, false],
    [[["127.0.0.1", 10_000]], undefined, true],
    [[["::ffff:127.0.0.1", 10_000]], undefined, true],
    // Its packets were redirected: nobody here has a connection with such ends.
    [[["10.0.0.9", 80]], false, true],
    // Somebody else's connection has the same port.
    [[["10.0.0.9", 80]], true, false],
    [[["10.0.0.9", 80]], undefined, false],
    [
      [
        ["10.0.0.9", 80],
        ["127.0.0.1", 10_000],
      ],
      true,
      true,
    ],
  ];
  for (const [opened, isOpen, expected] of cases) {
    const sockets = new OwnSockets(() => isOpen);
    const forget = opened.map(([address, port]) => sockets.add(near, ip(address, port)));
    assert.equal(sockets.includes(ip("::ffff:127.0.0.1", 50_000), ip("127.0.0.1", 10_000)), expected);
    assert.equal(sockets.includes(ip("127.0.0.1", 50_001), ip("127.0.0.1", 10_000)), false);
    for (const one of forget) one();
    assert.equal(sockets.includes(near, ip("127.0.0.1", 10_000)), false);
  }
});

test("Unix sockets are not followed", () => {
  const sockets = new OwnSockets();
  sockets.add({ kind: "pipe", path: "" }, { kind: "pipe", path: "/a" })();
  assert.equal(sockets.includes({ kind: "pipe", path: "" }, { kind: "pipe", path: "/a" }), false);
});

for (const [host, table] of [
  ["127.0.0.1", "/proc/net/tcp"],
  ["::1", "/proc/net/tcp6"],
] as const)
  test(`connections are found in ${table}`, { skip: process.platform !== "linux" }, async (context) => {
    const server = createServer();
    server.listen(0, host);
    const [failed] = await Promise.race([once(server, "listening"), once(server, "error")]);
    if (failed !== undefined) return context.skip("this machine has no such address");
    const accepted = once(server, "connection") as Promise<[Socket]>;
    const { port } = server.address() as AddressInfo;
    const socket = connect(port, host);
    await once(socket, "connect");
    const near = ip(host, socket.localPort!);
    const rows = readFileSync(table, "latin1");
    assert.ok(hasRow(rows, near, ip(host, port)));
    assert.ok(!hasRow(rows, near, ip(host, port ^ 1)));
    const [[far]] = await Promise.all([accepted]);
    for (const one of [socket, far!]) one.destroy();
    server.close();
  });
