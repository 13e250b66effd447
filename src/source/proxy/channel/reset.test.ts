/** Sockets that are reset, at any time, are closed. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Channel } from "./channel.ts";
import { ACCEPT_OPTIONS, adoptAcceptedSocket } from "./socket-channel.ts";

const sockets = (): number => process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length;

describe("a connection that is reset", () => {
  for (const [name, act] of [
    ["at once", () => {}],
    ["after its end was asked for", (channel: Channel) => channel.end()],
    [
      "after its last bytes and its end",
      (channel: Channel) => {
        channel.write(Buffer.from("last"));
        channel.end();
      },
    ],
    [
      "with more than its peer takes, and its end",
      (channel: Channel) => {
        channel.write(Buffer.alloc(8 * 1024 * 1024));
        channel.end();
      },
    ],
    [
      "when its end was sent",
      (channel: Channel) => {
        channel.end();
        return delay(20);
      },
    ],
  ] as const)
    test(`${name} is closed on both sides`, async () => {
      const before = sockets();
      const server = createServer(ACCEPT_OPTIONS).listen(0, "127.0.0.1");
      await once(server, "listening");
      const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
      client.on("error", () => {});
      const [accepted] = (await once(server, "connection")) as [Socket];
      const channel = adoptAcceptedSocket(accepted);
      const closed = new Promise<void>((resolve) =>
        channel.handleWith({ received() {}, ended() {}, flushed() {}, closed: () => resolve() }),
      );
      await act(channel);
      channel.reset();
      await closed;
      client.resume();
      if (!client.closed) await once(client, "close");
      server.close();
      for (let times = 0; times < 200 && sockets() > before; times++) await delay(5);
      assert.equal(sockets(), before);
    });
});
