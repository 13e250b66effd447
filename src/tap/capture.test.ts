import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Connection, Ledger, type SocketEvent } from "../model/index.ts";
import type { CaptureTrace } from "../wire/envoy/index.ts";
import { Capture } from "./capture.ts";
import type { CaptureSink } from "./trace-sink.ts";

const CONNECTION = {
  localAddress: { kind: "socket", address: "127.0.0.1", portValue: 80 },
  remoteAddress: { kind: "pipe", path: "/x" },
} as const;

/** @param room how many parts the sink takes */
function start(room = Number.POSITIVE_INFINITY) {
  const parts: CaptureTrace[] = [];
  let closed = 0;
  const sink: CaptureSink = {
    open: () => ({
      submit: (part) => {
        if (parts.length >= room) return { dropped: "queue-full" };
        parts.push(structuredClone(part));
        return "taken";
      },
      close: () => {
        closed++;
      },
    }),
  };
  const ledger = new Ledger();
  const connection: Connection = {
    id: 7n,
    transport: "tcp",
    local: undefined,
    remote: { kind: "pipe", path: "/x" },
    role: "client",
  };
  const observer = new Capture({ sink, ledger }).attach(connection);
  connection.local = { kind: "ip", address: "127.0.0.1", port: 80 };
  const observe = (event: object) =>
    observer.observe({ connection, time: { seconds: 1, nanos: 2 }, ...event } as SocketEvent);
  const data = (direction: "read" | "write", text: string, endStream = false) => {
    const bytes = Buffer.from(text);
    observe({ kind: "data", direction, offset: 0, data: bytes, endStream });
    bytes.fill(0);
  };
  return { parts, observe, data, ledger, closed: () => closed };
}

const time = { seconds: 1, nanos: 2 };
const bytes = (text: string) => new Uint8Array(Buffer.from(text));

describe("a capture", () => {
  test("begins with the connection, once its addresses are known, and goes on event by event", () => {
    const { parts, data, observe, ledger, closed } = start();
    data("read", "hello");
    data("write", "", true);
    data("write", "world", true);
    observe({ kind: "close", how: "fin" });
    assert.deepEqual(parts, [
      { id: 7n, connection: CONNECTION, events: [] },
      { events: [{ kind: "read", timestamp: time, data: bytes("hello") }] },
      { events: [{ kind: "write", timestamp: time, data: bytes("world"), endStream: true }] },
    ]);
    assert.equal(closed(), 1);
    assert.deepEqual(ledger.format(), ["capture-bytes: 10 in = 10 handled"]);
  });

  test("of a connection without events is the connection", () => {
    const { parts, observe } = start();
    observe({ kind: "close", how: "reset" });
    assert.deepEqual(parts, [{ id: 7n, connection: CONNECTION, events: [] }]);
  });

  test("ends where the sink takes no more", () => {
    const { parts, data, observe, ledger, closed } = start(2);
    for (const text of ["one", "two", "three"]) data("read", text);
    observe({ kind: "close", how: "fin" });
    assert.deepEqual(
      parts.flatMap(({ events }) => events.map((event) => Buffer.from(event.data).toString())),
      ["one"],
    );
    assert.equal(closed(), 1);
    assert.deepEqual(ledger.format(), ["capture-bytes: 11 in = 3 handled + 8 dropped (sink 8)"]);
  });
});
