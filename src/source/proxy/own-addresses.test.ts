import assert from "node:assert/strict";
import { symlinkSync, writeFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { basename, join, relative } from "node:path";
import { test } from "node:test";
import { makeTemporaryFolder } from "../../../test/support/temporary-folder.ts";
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
    ...["198.51.100.7", "::ffff:198.51.100.7", "::ffff:c633:6407", "2001:db8:0::7", "2001:DB8::7%eth0"].map(
      (spelling): [Endpoint, Endpoint, boolean] => [ip("::", 80), ip(spelling, 80), true],
    ),
    [ip("0.0.0.0", 80), ip("198.51.100.7", 80), true],
    [ip("0.0.0.0", 80), ip("198.51.100.8", 80), false],
    [ip("0.0.0.0", 80), ip("198.51.100.7", 81), false],
    // Another program may listen there.
    [ip("0.0.0.0", 80), ip("2001:db8::7", 80), false],
    [ip("0.0.0.0", 80), ip("::1", 80), false],
    [ip("198.51.100.7", 80), ip("::ffff:c633:6407", 80), true],
    [ip("198.51.100.7", 80), ip("127.0.0.1", 80), false],
  ];
  for (const [own, target, same] of cases) {
    const addresses = new OwnAddresses(() => ["127.0.0.1", "198.51.100.7", "2001:db8::7"]);
    addresses.add(own);
    assert.equal(addresses.includes(target), same, JSON.stringify({ own, target }));
    addresses.remove(own);
    assert.equal(addresses.includes(target), false);
  }
});

test("every listener is looked at, and every interface, however its address is written", () => {
  const addresses = new OwnAddresses(() => [
    "127.0.0.1",
    "2001:DB8:0:0:0:0:0:7",
    "::ffff:198.51.100.7",
    "FE80::9%eth0",
  ]);
  const ports = [80, 81, 82, 83];
  for (const port of ports) addresses.add(ip("::", port));
  for (const port of ports)
    for (const address of ["2001:db8::7", "198.51.100.7", "fe80::9"])
      assert.ok(addresses.includes(ip(address, port)), `${address} ${port}`);
  assert.ok(!addresses.includes(ip("2001:db8::7", 84)));
});

test("a socket's file is known by all of its names, an abstract one by its own alone", () => {
  const folder = makeTemporaryFolder();
  const [path, link, other] = ["a.sock", "b.sock", "c.sock"].map((name) => join(folder.path, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(path, "");
  writeFileSync(other, "");
  symlinkSync(path, link);
  const addresses = new OwnAddresses();
  for (const name of [path, "@tapline"]) addresses.add({ kind: "pipe", path: name });
  for (const same of [link, relative("", path), join(folder.path, "..", basename(folder.path), "a.sock"), "@tapline"])
    assert.ok(addresses.includes({ kind: "pipe", path: same }), same);
  for (const different of [other, join(folder.path, "none.sock"), "@tapline2"])
    assert.ok(!addresses.includes({ kind: "pipe", path: different }), different);
  folder.remove();
});

test("this machine's own addresses are its interfaces'", () => {
  const address = Object.values(networkInterfaces())
    .flat()
    .find((entry) => entry?.family === "IPv4" && !entry.internal)?.address;
  const addresses = new OwnAddresses();
  addresses.add(ip("0.0.0.0", 80));
  assert.ok(addresses.includes(ip(address ?? "127.0.0.1", 80)));
});
