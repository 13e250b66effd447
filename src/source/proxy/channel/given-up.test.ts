import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { test } from "node:test";
import { StreamChannel } from "./stream-channel.ts";

for (const how of ["destroy", "reset"] as const)
  test(`nothing is told of as flushed after ${how}: who gives a channel up has counted its backlog`, async (context) => {
    const server = createServer((peer) => peer.on("error", () => {}).resume()).listen(0, "127.0.0.1");
    context.after(() => server.close());
    await once(server, "listening");
    const socket = connect({ port: (server.address() as AddressInfo).port, host: "127.0.0.1", allowHalfOpen: true });
    await once(socket, "connect");
    const channel = new StreamChannel(socket);
    let flushed = 0;
    const closed = new Promise((resolve) => {
      channel.handleWith({ received() {}, ended() {}, flushed: ({ length }) => (flushed += length), closed: resolve });
    });
    // The kernel takes it within the call.
    channel.write(Buffer.from("lost all the same"));
    channel[how]();
    await closed;
    await new Promise(setImmediate);
    assert.deepEqual([flushed, channel.backlog], [0, 17]);
  });
