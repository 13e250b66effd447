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
