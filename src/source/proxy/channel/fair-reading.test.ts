/** Peers whose bytes are much work: the others have their turn in between. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { test } from "node:test";
import type { Channel } from "./channel.ts";
import { ACCEPT_OPTIONS, adoptAcceptedSocket } from "./socket-channel.ts";
import { StreamChannel } from "./stream-channel.ts";

const BYTES = 512 * 1024;

for (const [name, adopt] of [
  ["a socket", (socket: Socket): Channel => adoptAcceptedSocket(socket)],
  ["a stream", (socket: Socket): Channel => new StreamChannel(socket)],
] as const) {
  test(`${name} is read on in another turn of the event loop, and in short reads, when handling takes long`, async () => {
    const { channel, close } = await accept(adopt);
    let total = 0;
    let inTurn = 0;
    const turns: number[] = [];
    const sizes: number[] = [];
    await new Promise<void>((resolve) => {
      channel.handleWith({
        received({ length }) {
          if (inTurn++ === 0)
            setImmediate(() => {
              turns.push(inTurn);
              inTurn = 0;
            });
          sizes.push(length);
          total += length;
          if (sizes.length <= 12) work(6);
        },
        ended: resolve,
        flushed() {},
        closed() {},
      });
      channel.resume();
    });
    assert.equal(total, BYTES);
    assert.ok(
      turns.slice(0, 10).every((reads) => reads === 1),
      turns.join(),
    );
    if (name === "a socket") {
      assert.ok(sizes[0]! <= 16 * 1024, "nothing is known at first");
      assert.ok(
        sizes.slice(1, 12).every((size) => size <= 4096),
        sizes.join(),
      );
      assert.ok(
        sizes.some((size, at) => at > 12 && size > 4096),
        "whole reads again",
      );
    }
    await close();
  });

  test(`${name} that is paused while it rests stays paused`, async () => {
    const { channel, close } = await accept(adopt);
    let reads = 0;
    channel.handleWith({
      received() {
        reads++;
        work(6);
        queueMicrotask(() => channel.pause());
      },
      ended() {},
      flushed() {},
      closed() {},
    });
    channel.resume();
    for (let turn = 0; turn < 50 || reads === 0; turn++) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(reads, 1);
    channel.resume();
    while (reads === 1) await new Promise((resolve) => setImmediate(resolve));
    await close();
  });
}

test("the clock is looked at for large reads only", async () => {
  const { channel, client, close } = await accept((socket) => adoptAcceptedSocket(socket), 0);
  let looks = 0;
  let waiting = (_size: number): void => {};
  const { now } = performance;
  performance.now = () => {
    looks++;
    return now.call(performance);
  };
  try {
    channel.handleWith({ received: ({ length }) => waiting(length), ended() {}, flushed() {}, closed() {} });
    channel.resume();
    const looksFor = async (size: number): Promise<number> => {
      looks = 0;
      let missing = size;
      await new Promise<void>((resolve) => {
        waiting = (length) => {
          missing -= length;
          if (missing === 0) setImmediate(resolve);
        };
        client.write(Buffer.alloc(size));
      });
      return looks;
    };
    assert.equal(await looksFor(1000), 0);
    assert.ok((await looksFor(64 * 1024)) > 0);
  } finally {
    performance.now = now;
  }
  await close();
});

/** A connection on which so much waits: more than one read gives, by default. */
async function accept(
  adopt: (socket: Socket) => Channel,
  bytes = BYTES,
): Promise<{ channel: Channel; client: Socket; close: () => Promise<void> }> {
  const server = createServer(ACCEPT_OPTIONS);
  await once(server.listen(0, "127.0.0.1"), "listening");
  const client = connect({ port: (server.address() as AddressInfo).port, host: "127.0.0.1" });
  const [accepted] = (await once(server, "connection")) as [Socket];
  client.on("error", () => {});
  if (bytes > 0) client.end(Buffer.alloc(bytes));
  await new Promise((resolve) => setTimeout(resolve, 50));
  const channel = adopt(accepted);
  return {
    channel,
    client,
    close: async () => {
      channel.destroy();
      client.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** Keeps the event loop busy. */
function work(millis: number): void {
  for (const end = performance.now() + millis; performance.now() < end; );
}
