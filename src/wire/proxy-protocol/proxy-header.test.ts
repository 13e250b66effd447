import assert from "node:assert/strict";
import { test } from "node:test";
import { parseProxyHeader } from "./parse-proxy-header.ts";
import { writeProxyHeader } from "./write-proxy-header.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const V4 = { source: { address: "192.0.2.7", port: 56324 }, destination: { address: "198.51.100.1", port: 443 } };
const V6 = { source: { address: "2001:db8::7", port: 1 }, destination: { address: "2001:db8::1", port: 65535 } };

test("what is written is read, whole and at every cut", () => {
  for (const version of [1, 2] as const)
    for (const ends of [V4, V6, undefined]) {
      const header = writeProxyHeader(version, ends);
      const rest = Uint8Array.of(...header, 71, 69);
      assert.deepEqual(parseProxyHeader(rest), { version, length: header.length, ...(ends && { ends }) });
      for (let at = 0; at < header.length; at++) assert.equal(parseProxyHeader(header.subarray(0, at)), "more");
    }
});

test("version 1 is written as its document says", () => {
  assert.equal(new TextDecoder().decode(writeProxyHeader(1, V4)), "PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n");
});

test("what is none, and what is wrong", () => {
  assert.equal(parseProxyHeader(bytes("GET / HTTP/1.1\r\n")), "none");
  assert.equal(parseProxyHeader(bytes("\r\n\r\nxx")), "none");
  for (const text of ["PROXY TCP4 1.2.3.4 1.2.3.4 1 70000\r\n", "PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n", "PROXY UDP\r\n"])
    assert.equal(parseProxyHeader(bytes(text)), "invalid", text);
  assert.equal(parseProxyHeader(bytes(`PROXY ${"x".repeat(110)}`)), "invalid");
});
