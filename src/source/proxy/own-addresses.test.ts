import assert from "node:assert/strict";
import { test } from "node:test";
import type { Endpoint } from "../../model/index.ts";
import { OwnAddresses } from "./own-addresses.ts";

const ip = (address: string, port: number): Endpoint => ({ kind: "ip", address, port });

test("an address that the process listens on is recognised, by whatever name it is reached", () => {
  const cases: [own: Endpoint, target: Endpoint, same: boolean][] = [
    [ip("127.0.0.1", 80), ip("127.0.0.1", 80), true],
    [ip("127.0.0.1", 80), ip("127.0.0.1", 81), false],
    [ip("127.0.0.1", 80), ip("127.0.0.2", 80), false],
    [ip("127.0.0.1", 80), ip("0.0.0.0", 80), true],
    [ip("0.0.0.0", 80), ip("127.0.0.1", 80), true],
    [ip("::", 80), ip("::1", 80), true],
    [ip("0.0.0.0", 80), ip("192.0.2.1", 80), false],
    [{ kind: "pipe", path: "/a" }, { kind: "pipe", path: "/a" }, true],
    ...["::ffff:127.0.0.1", "::ffff:7f00:1", "0:0:0:0:0:ffff:7F00:0001", "::"].map(
      (spelling): [Endpoint, Endpoint, boolean] => [ip("127.0.0.1", 80), ip(spelling, 80), true],
    ),
    [ip("::ffff:127.0.0.1", 80), ip("127.0.0.1", 80), true],
    [ip("0.0.0.0", 80), ip("::ffff:127.9.9.9", 80), true],
    [ip("fe80::1", 80), ip("FE80::1%eth0", 80), true],
    ...["::1", "::127.0.0.1", "64:ff9b::127.0.0.1", "localhost"].map((other): [Endpoint, Endpoint, boolean] => [
      ip("127.0.0.1", 80),
      ip(other, 80),
      false,
    ]),
    [{ kind: "pipe", path: "/a" }, ip("127.0.0.1", 80), false],
  ];
  for (const [own, target, same] of cases) {
    const addresses = new OwnAddresses();
    addresses.add(own);
    assert.equal(addresses.includes(target), same, JSON.stringify({ own, target }));
    addresses.remove(own);
    assert.equal(addresses.includes(target), false);
  }
});
