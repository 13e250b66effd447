import assert from "node:assert/strict";
import { test } from "node:test";
import { Ledger } from "../../model/index.ts";
import { KeyLog } from "../../wire/tls/key-log.ts";
import { noteEvicted, noteUndecrypted } from "./reading-notes.ts";

test("TLS that stays encrypted says so, and what would help", () => {
  const random = new Uint8Array(32);
  const line = `CLIENT_RANDOM ${"00".repeat(32)} ${"01".repeat(48)}\n`;
  const useful = (log: KeyLog) => {
    log.push(line);
    log.find(random, "CLIENT_RANDOM");
  };
  for (const [encrypted, path, prepare, says] of [
    [0, undefined, () => {}, undefined],
    [7, undefined, () => {}, /^7 bytes of TLS stay encrypted: --keylog FILE/],
    [7, "k", () => {}, /k has no secrets in NSS key log format/],
    [7, "k", (log: KeyLog) => log.push(line), /none of the secrets in k is of a connection/],
    [7, "k", useful, /k has no secrets of their connections/],
  ] as const) {
    const ledger = new Ledger();
    ledger.book("bytes").enter(encrypted);
    ledger.book("bytes").settleSkipped("encrypted", encrypted);
    const keyLog = new KeyLog();
    prepare(keyLog);
    const note = noteUndecrypted(ledger, keyLog, path);
    if (says === undefined) assert.equal(note, undefined);
    else assert.match(note ?? "", says);
  }
  assert.equal(noteEvicted(0), undefined);
  assert.match(noteEvicted(3) ?? "", /^3 connections made room/);
});
