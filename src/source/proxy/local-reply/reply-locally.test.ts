import assert from "node:assert/strict";
import { test } from "node:test";
import { concat, frame } from "../../../../test/support/frame-recorder.ts";
import { type Connection, Ledger } from "../../../model/index.ts";
import type { Channel, ChannelHandler } from "../channel/channel.ts";
import { Counters } from "../counters.ts";
import { TappedConnection } from "../tapped-connection.ts";
import { replyUnavailable } from "./local-reply.ts";
import { replyLocally } from "./reply-locally.ts";

const GET = "828641016844022f72";
const PREFACE = concat(Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), frame(4, 0, 0));
const REQUESTS: Readonly<Record<string, Uint8Array>> = {
  "HTTP/1": Buffer.from("GET / HTTP/1.1\r\nHost: h\r\n\r\n"),
  "HTTP/2": concat(PREFACE, frame(1, 5, 1, GET), frame(1, 5, 3, GET), frame(1, 4, 5, GET)),
};

/** A channel that takes what it is given, and counts it; the test is the client. */
class FakeChannel implements Channel {
  readonly backlog = 0;
  readonly full = false;
  handler!: ChannelHandler;
  written = 0;
  #isClosed = false;

  handleWith(handler: ChannelHandler): void {
    this.handler = handler;
  }
  write(bytes: Uint8Array): number {
    this.written += bytes.length;
    return bytes.length;
  }
  end(): void {}
  pause(): void {}
  resume(): void {}
  destroy(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    setImmediate(() => this.handler.closed(undefined));
  }
  reset(): void {
    this.destroy();
  }
  /** The client goes, and is gone. */
  break(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.handler.closed(Object.assign(new Error("reset"), { code: "ECONNRESET" }));
  }
}

const CONNECTION: Connection = { id: 1n, transport: "tcp", local: undefined, remote: undefined, role: "server" };

/** Waits for so many turns of what runs before the next event. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise<void>((resolve) => process.nextTick(resolve));
}

/** Begins to answer a client that has asked already. */
function begin(request: Uint8Array) {
  const channel = new FakeChannel();
  const book = new Ledger().book("downstream-bytes");
  const counter = () => new Counters().counter({ name: "x", family: "x", labels: {}, kind: "counter" });
  const counters = { faults: counter(), readBytes: counter(), writtenBytes: counter() };
  const tapped = new TappedConnection(CONNECTION, [], counters);
  const over = new Promise((resolve) =>
    replyLocally({ tapped, channel, received: book }, replyUnavailable("connection timeout"), NOTHING, 0, resolve),
  );
  channel.handler.received(request);
  return { channel, book, over };
}

for (const [name, request] of Object.entries(REQUESTS))
  test(`a client of ${name} that breaks off at any time ends its connection, and nothing else`, async () => {
    for (let after = 0; after < 25; after++) {
      const { channel, book, over } = begin(request);
      await turns(after);
      channel.break();
      assert.equal(await over, "reset");
      await new Promise((resolve) => setImmediate(resolve));
      assert.deepEqual([book.entered, book.buffered], [request.length, 0]);
    }
  });

test("a stream of HTTP/2 that is reset with its request gets no answer, and the next one does", async () => {
  const both = concat(PREFACE, frame(1, 4, 1, GET), frame(3, 0, 1, "00000008"), frame(1, 5, 3, GET));
  const { channel, over } = begin(both);
  for (let turn = 0; turn < 100 && channel.written < BYTES_OF_AN_ANSWER; turn++)
    await new Promise((resolve) => setImmediate(resolve));
  assert.ok(channel.written >= BYTES_OF_AN_ANSWER, `${channel.written} bytes`);
  channel.break();
  await over;
});

/** More than settings and acknowledgements. */
const BYTES_OF_AN_ANSWER = 100;
const NOTHING = new Uint8Array(0);
