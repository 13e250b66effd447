import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { after, before, describe, test } from "node:test";
import { connect as connectTls, createSecureContext, type SecureContext, TLSSocket } from "node:tls";
import { createCertificates } from "../../../../test/support/certificates.ts";
import { skipUnless } from "../../../../test/support/needs.ts";
import { makeTemporaryFolder } from "../../../../test/support/temporary-folder.ts";
import { StreamChannel } from "./stream-channel.ts";

describe("a TLS session whose peer has ended", { skip: skipUnless("openssl") }, () => {
  const folder = makeTemporaryFolder();
  after(folder.remove);
  let secureContext: SecureContext;
  before(() => {
    const { certificate, key } = createCertificates(folder.path).server;
    secureContext = createSecureContext({ cert: readFileSync(certificate), key: readFileSync(key) });
  });

  test("is reset where its peer reset it before the handshake's last flight was there", async () => {
    const server = await listen((raw) => {
      raw.on("error", () => {});
      const flight = new Duplex({
        read() {},
        write(bytes, _encoding, done) {
          raw.write(bytes);
          raw.resetAndDestroy();
          done();
        },
      });
      raw.on("data", (bytes) => void flight.push(bytes));
      new TLSSocket(flight.on("error", () => {}) as Socket, { isServer: true, secureContext }).on("error", () => {});
    });
    const channel = new StreamChannel(await dial(server));
    const closed = new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
      channel.handleWith({ received() {}, ended() {}, flushed() {}, closed: resolve });
    });
    channel.resume();
    // The handshake's last flight goes out meanwhile, by itself.
    await new Promise(setImmediate);
    channel.write(Buffer.from("EHLO me\r\n"));
    assert.equal((await closed)?.code, "ECONNRESET");
    server.close();
  });

  test("goes on where it takes slowly what it is sent", async () => {
    let peer: TLSSocket | undefined;
    const server = await listen((raw) => {
      peer = new TLSSocket(raw, { isServer: true, secureContext, allowHalfOpen: true } as object);
      peer.on("error", () => {}).end("that was all");
    });
    const channel = new StreamChannel(await dial(server));
    let [ended, flushed] = [false, 0];
    const closed = new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
      channel.handleWith({
        received() {},
        ended() {
          ended = true;
          for (let at = 0; at < 64; at++) channel.write(PIECE);
          channel.end();
        },
        flushed: ({ length }) => {
          flushed += length;
        },
        closed: resolve,
      });
    });
    channel.resume();
    await new Promise((resolve) => setTimeout(resolve, 2500));
    assert.ok(ended);
    assert.ok(flushed < 64 * PIECE.length, `${flushed}`);
    let received = 0;
    peer!.on("data", ({ length }) => {
      received += length;
    });
    assert.equal(await closed, undefined);
    if (!peer!.readableEnded) await once(peer!, "end");
    assert.equal(received, 64 * PIECE.length);
    server.close();
  });
});

const PIECE = Buffer.alloc(256 * 1024, 97);

async function listen(accept: (socket: Socket) => void): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, accept).listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

/** A session whose handshake is done; it is paused. */
async function dial(server: Server): Promise<TLSSocket> {
  const raw = connect({ port: (server.address() as AddressInfo).port, host: "127.0.0.1", allowHalfOpen: true });
  await once(raw, "connect");
  const socket = connectTls({ socket: raw, rejectUnauthorized: false });
  socket.pause();
  await once(socket, "secureConnect");
  return socket;
}
