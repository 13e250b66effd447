import assert from "node:assert/strict";
import { test } from "node:test";
import { at } from "../../../test/support/conversation.ts";
import { Redactor } from "../../analysis/redaction/index.ts";
import type { Connection, SocketEvent } from "../../model/index.ts";
import { StreamFollower } from "./stream-follower.ts";
import { createStyle } from "./style.ts";

const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/** A literal header with the value `s3cr3t`, on stream 5, and the next stream's. */
const HEADERS = "\0\0\x0c\x01\x05\0\0\0\x05\x82\x10\x01x\x06s3cr3t\x84";
const NEXT = "\0\0\x02\x01\x05\0\0\0\x07\x82\x84";
const UPGRADE = "GET / HTTP/1.1\r\nUpgrade: h2c\r\n\r\n";

const CASES: readonly { name: string; late: boolean; client: readonly string[]; blind: boolean }[] = [
  { name: "HTTP/2 from its preface on", late: false, client: [PREFACE + HEADERS], blind: true },
  { name: "a preface in pieces", late: false, client: [PREFACE.slice(0, 9), PREFACE.slice(9), HEADERS], blind: true },
  { name: "HTTP/2 after an upgrade", late: false, client: [UPGRADE, PREFACE, HEADERS], blind: true },
  { name: "HTTP/2 joined late", late: true, client: [HEADERS, NEXT], blind: true },
  { name: "HTTP/1", late: false, client: ["GET / HTTP/1.1\r\nHost: a\r\n\r\n"], blind: false },
  { name: "HTTP/1 joined late", late: true, client: ["tail\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"], blind: false },
];

for (const { name, late, client, blind } of CASES)
  test(`${name} is ${blind ? "not shown where it would have to be redacted" : "shown"}`, () => {
    const redacted = follow(client, late, true);
    assert.equal(redacted.blind, blind);
    assert.doesNotMatch(redacted.text, /s3cr3t/);
    if (!blind) assert.equal(redacted.text, client.join(""));
    assert.deepEqual(follow(client, late, false), { text: client.join(""), blind: false });
  });

function follow(client: readonly string[], late: boolean, redact: boolean): { text: string; blind: boolean } {
  let text = "";
  const follower = new StreamFollower({
    mode: "raw",
    style: createStyle(false),
    write: (piece) => {
      text += Buffer.from(piece as Uint8Array).toString("latin1");
    },
    ...(redact ? { redactor: new Redactor() } : {}),
  });
  const connection: Connection = {
    id: 1n,
    transport: "tcp",
    local: undefined,
    remote: undefined,
    role: "server",
    ...(late ? {} : { opened: at(0) }),
  };
  let offset = 0;
  for (const piece of client) {
    const data = Buffer.from(piece, "latin1");
    const event: SocketEvent = { kind: "data", connection, time: at(1), direction: "read", offset, data };
    follower.observe(event);
    offset += data.length;
  }
  follower.end();
  return { text, blind: follower.blind };
}
