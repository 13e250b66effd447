import assert from "node:assert/strict";
import { test } from "node:test";
import { compileNetwork, isSameAddress } from "./ip-network.ts";

test("what is in a network, whatever way it is written", () => {
  for (const [network, inside, outside] of [
    [
      "10.0.0.0/8",
      ["10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3", "::ffff:a01:203"],
      ["11.0.0.0", "::10.1.2.3", "x"],
    ],
    ["10.1.2.3", ["10.1.2.3", "::ffff:10.1.2.3"], ["10.1.2.4", "10.1.2.30"]],
    ["10.1.2.3/9", ["10.127.0.1"], ["10.128.0.1"]],
    ["0.0.0.0/0", ["1.2.3.4"], ["::1"]],
    ["::/0", ["::1", "2001:db8::1"], ["1.2.3.4", "::ffff:1.2.3.4"]],
    ["fd00::/8", ["fd00::1", "FDFF::"], ["fe00::1"]],
    ["fe80::/65", ["fe80::7fff:0:0:1", "fe80::1%eth0"], ["fe80::8000:0:0:1"]],
    ["::ffff:10.0.0.0/8", ["10.9.9.9"], ["11.0.0.1"]],
    ["::ffff:10.0.0.0/104", ["10.9.9.9"], ["11.0.0.1"]],
    ["10.1.2.3", ["::ffff:a01:203"], ["::a01:203"]],
    ["2001:db8::1", ["2001:db8:0::1"], ["2001:db8::2"]],
  ] as const) {
    const includes = compileNetwork(network);
    for (const address of inside) assert.ok(includes(address), `${address} in ${network}`);
    for (const address of outside) assert.ok(!includes(address), `${address} not in ${network}`);
  }
});

test("what is no network is refused, with what one looks like", () => {
  for (const [network, message] of [
    ["10.0.0/8", /is no network; 10\.0\.0\.0\/8 is one/],
    ["10.0.0.0/8/9", /is no network/],
    ["localhost", /is no network/],
    ["10.0.0.0/33", /no prefix length of an IPv4 network: 0 to 32/],
    ["fd00::/129", /no prefix length of an IPv6 network: 0 to 128/],
    ["10.0.0.0/-1", /no prefix length/],
    ["10.0.0.0/", /no prefix length/],
  ] as const)
    assert.throws(() => compileNetwork(network), message);
});

test("the same address is the same however it is written", () => {
  for (const [a, b, wanted] of [
    ["10.0.0.1", "10.0.0.1", true],
    ["10.0.0.1", "::ffff:10.0.0.1", true],
    ["::ffff:a00:1", "10.0.0.1", true],
    ["2001:DB8::1", "2001:db8:0::1", true],
    ["2001:db8::1", "2001:db8::2", false],
    ["/tmp/a.sock", "/tmp/a.sock", true],
    ["::", "x", false],
  ] as const) {
    assert.equal(isSameAddress(a, b), wanted, `${a} ${b}`);
    assert.equal(isSameAddress(b, a), wanted, `${b} ${a}`);
  }
});
