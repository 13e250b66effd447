import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import type { ClientHello } from "./handshake.ts";
import { parseClientHello } from "./handshake.ts";
import { computeJa4 } from "./ja4.ts";
import { KeyLog } from "./key-log.ts";
import { TlsRecordParser } from "./record-parser.ts";

const sha256 = (data: Uint8Array) => createHash("sha256").update(data).digest();

test("JA4 of the specification's own example", () => {
  const hello: ClientHello = {
    version: 0x0303,
    random: new Uint8Array(32),
    sessionId: new Uint8Array(0),
    cipherSuites: [
      0x3a3a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d,
      0x002f, 0x0035,
    ],
    extensions: [
      0x1a1a, 0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d, 0x0005, 0x0023, 0x0012, 0x002b, 0xff01,
      0x000b, 0x000a, 0x0015,
    ],
    serverName: "example.com",
    alpn: ["h2", "http/1.1"],
    supportedVersions: [0x4a4a, 0x0304, 0x0303],
    signatureAlgorithms: [0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601],
    ticket: new Uint8Array(0),
  };
  assert.equal(computeJa4(hello, sha256), "t13d1516h2_8daaf6152771_e5627efa2ab1");
});

test("a hello that is cut anywhere is no hello, and nothing is thrown", () => {
  const body = Uint8Array.from([
    3,
    3,
    ...Array(32).fill(7),
    0,
    0,
    2,
    0x13,
    0x01,
    1,
    0,
    0,
    9,
    0,
    0,
    0,
    5,
    0,
    3,
    0,
    0,
    0,
  ]);
  assert.deepEqual(parseClientHello(body)?.cipherSuites, [0x1301]);
  for (let end = 0; end < 39; end++) assert.equal(parseClientHello(body.subarray(0, end)), undefined, `cut at ${end}`);
});

test("records come out the same however the bytes are cut", () => {
  const wire = Uint8Array.from([22, 3, 1, 0, 3, 1, 2, 3, 23, 3, 3, 0, 0, 20, 3, 3, 0, 1, 1]);
  for (let size = 1; size <= wire.length; size++) {
    const seen: string[] = [];
    const parser = new TlsRecordParser(
      ({ type, fragment }) => seen.push(`${type}:${fragment.join()}`),
      (bytes) => seen.push(`skipped ${bytes}`),
    );
    for (let at = 0; at < wire.length; at += size) parser.push(wire.subarray(at, at + size));
    assert.deepEqual([...seen, parser.end()], ["22:1,2,3", "23:", "20:1", 0], `pieces of ${size}`);
  }
});

test("after a hole the next two records that follow each other are found", () => {
  const seen: string[] = [];
  let skipped = 0;
  const parser = new TlsRecordParser(
    ({ type, fragment }) => seen.push(`${type}:${fragment.join()}`),
    (bytes) => {
      skipped += bytes;
    },
  );
  parser.push(Uint8Array.from([23, 3, 3, 0, 9, 1, 2]));
  parser.gap();
  parser.push(Uint8Array.from([23, 3, 9, 9, 23, 3, 3, 0, 2, 5, 6, 23, 3, 3, 0, 1, 8]));
  assert.deepEqual([seen, skipped], [["23:5,6", "23:8"], 7 + 4]);
});

test("a key log grows, ignores what is no secret, and tells who waits", () => {
  const random = "ab".repeat(32);
  const log = new KeyLog();
  let told = 0;
  log.watch(Uint8Array.from(Buffer.from(random, "hex")), () => told++);
  log.push(`# comment\n\nCLIENT_RANDOM ${random.toUpperCase()} ${"01".repeat(24)}`);
  assert.equal(told, 0);
  log.push(`${"01".repeat(24)}\nnonsense\nCLIENT_RANDOM ${random} ${"01".repeat(48)}\n`);
  assert.deepEqual([told, log.malformed, log.size], [1, 1, 1]);
  assert.equal(log.format(Buffer.from(random, "hex")), `CLIENT_RANDOM ${random} ${"01".repeat(48)}\n`);
});

test("a key log's last line counts without its end, and goes on if it was not whole", () => {
  const random = "ab".repeat(32);
  const bytes = Uint8Array.from(Buffer.from(random, "hex"));
  for (const [label, size, counts] of [
    ["CLIENT_RANDOM", 48, true],
    ["CLIENT_RANDOM", 32, false],
    ["CLIENT_RANDOM", 47, false],
    ["SERVER_TRAFFIC_SECRET_0", 32, true],
    ["SERVER_TRAFFIC_SECRET_0", 48, true],
    ["SERVER_TRAFFIC_SECRET_0", 40, false],
  ] as const) {
    const log = new KeyLog();
    log.push(`${label} ${random} ${"01".repeat(size)}`);
    assert.equal(log.find(bytes, label), undefined);
    log.pause();
    log.pause();
    assert.equal(log.find(bytes, label)?.length, counts ? size : undefined, `${label} of ${size}`);
    assert.equal(log.wasOfUse, counts);
    log.push("02\n");
    assert.equal(log.find(bytes, label)?.length, size + 1);
    assert.equal(log.malformed, 0);
  }
  // As Windows' programs write it: with a mark of the encoding, and an end of line of which half has come.
  for (const [before, between, after] of [
    ["", " ", "\r"],
    ["\ufeff", " ", ""],
    ["\u00ef\u00bb\u00bf", " ", ""],
    ["", "\t", " "],
  ] as const) {
    const log = new KeyLog();
    log.push(`${before}CLIENT_RANDOM${between}${random}${between}${"01".repeat(48)}${after}`);
    log.pause();
    assert.equal(log.find(bytes, "CLIENT_RANDOM")?.length, 48);
    log.push("\n");
    log.end();
    assert.deepEqual([log.find(bytes, "CLIENT_RANDOM")?.length, log.malformed], [48, 0]);
  }
  const ended = new KeyLog();
  ended.push(`CLIENT_RANDOM ${random} ${"01".repeat(48)}`);
  ended.pause();
  ended.end();
  assert.deepEqual([ended.size, ended.malformed], [1, 0]);
});

test("a key log forgets the oldest connection beyond its limit, and counts that", () => {
  const log = new KeyLog(1);
  for (const byte of ["01", "02"]) log.push(`CLIENT_RANDOM ${byte.repeat(32)} ${"aa".repeat(48)}\n`);
  assert.deepEqual([log.size, log.forgotten], [1, 1]);
});
