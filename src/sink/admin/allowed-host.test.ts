import assert from "node:assert/strict";
import { test } from "node:test";
import { isAllowedHost } from "./allowed-host.ts";

const LOCAL = [
  "localhost",
  "LocalHost",
  "127.0.0.1",
  "127.255.255.254",
  "[::1]",
  "[0:0:0:0:0:0:0:1]",
  "[::ffff:127.0.0.1]",
];

/** Each holds a name of this machine, at its start, its end or inside. */
const FOREIGN = [
  "evillocalhost",
  "evil-localhost",
  "evil.localhost.example",
  "localhost.example",
  "localhostx",
  "localhost@evil.example",
  "evil.example@localhost",
  "evil.example/localhost",
  "localhost:80:80x",
  " localhost",
  "localhost, evil.example",
  "127.0.0.1.evil.example",
  "evil127.0.0.1",
  "1127.0.0.1",
  "126.255.255.255",
  "128.0.0.1",
  "0.0.0.0",
  "[::]",
  "[::2]",
  "[::1].evil.example",
  "[::ffff:128.0.0.1]",
  "[::1%25evil]x",
  "10.0.0.1",
  "evil.example",
  "",
  ":80",
];

for (const host of LOCAL)
  for (const port of ["", ":", ":80", ":65535"])
    test(`Host: ${host}${port} is this machine`, () => assert.equal(isAllowedHost(host + port), true));

for (const host of FOREIGN)
  test(`Host: ${host} is not this machine`, () => {
    assert.equal(isAllowedHost(host), false);
    assert.equal(isAllowedHost(`${host}:80`), false);
  });

test("a request without a Host is refused", () => assert.equal(isAllowedHost(undefined), false));
