import assert from "node:assert/strict";
import { test } from "node:test";
import { isHostName, isOfFamily, splitAuthority } from "./named-host.ts";

const AUTHORITIES: readonly (readonly [string, string | undefined])[] = [
  ["a.example", "a.example 80"],
  ["a.example:8080", "a.example 8080"],
  ["127.0.0.1:080", "127.0.0.1 80"],
  ["a.example:65535", "a.example 65535"],
  ["a.example:65536", undefined],
  ["a.example:", undefined],
  ["a.example:+80", undefined],
  ["a.example:8 0", undefined],
  ["[::1]", "::1 80"],
  ["[::1]:9", "::1 9"],
  ["::1", undefined],
  ["[a.example]:80", undefined],
  ["[::1]x", undefined],
  ["", undefined],
];

test("authorities", () => {
  for (const [text, wanted] of AUTHORITIES) {
    const found = splitAuthority(text, 80);
    assert.equal(found && `${found.address} ${found.port}`, wanted, text);
  }
});

test("names that DNS may know", () => {
  for (const name of ["a", "a.example", "a.example.", "_dmarc.a-b.example", "xn--nxasmq6b", "1.a", "a".repeat(63)])
    assert.ok(isHostName(name), name);
  for (const name of [
    "",
    ".",
    "a..b",
    "-a",
    "a-",
    "u@a",
    "127.1",
    "256.0.0.1",
    "0x7f000001",
    "2130706433",
    "a.0x",
    "ä",
  ])
    assert.ok(!isHostName(name), name);
  assert.ok(!isHostName("a".repeat(64)));
  assert.ok(!isHostName("a.".repeat(128)));
});

test("families of addresses", () => {
  assert.ok(isOfFamily("::1", "AUTO") && isOfFamily("::1", "V6_ONLY") && !isOfFamily("::1", "V4_ONLY"));
  assert.ok(isOfFamily("127.0.0.1", "V4_ONLY") && isOfFamily("127.0.0.1", "V6_ONLY"));
});
