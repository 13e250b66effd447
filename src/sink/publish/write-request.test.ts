import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { writeRequest } from "./write-request.ts";

const request = (size: number, letter: string) => ({
  method: "POST" as const,
  path: "/publish",
  head: "host: scn\r\n",
  body: letter.repeat(size),
});
const written = (size: number, letter: string) =>
  `POST /publish HTTP/1.1\r\nhost: scn\r\ncontent-length: ${size}\r\n\r\n${letter.repeat(size)}`;

test("a connection that takes nothing for a while gets every byte in order, those of long requests too", async () => {
  const server = createServer({ pauseOnConnect: true }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const accepted = once(server, "connection") as Promise<[Socket]>;
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  await once(socket, "connect");
  const [peer] = await accepted;
  const sizes: number[] = [];
  // Until the kernel takes no more, and then two that wait behind what waits.
  for (let more = 2; more > 0 && sizes.length < 10_000; more -= socket.writableLength > 0 ? 1 : 0) {
    const size = [60_000, 100_000, 0, 7][sizes.length % 4]!;
    writeRequest(socket, request(size, String(sizes.length % 10)));
    sizes.push(size);
  }
  assert.ok(socket.writableLength > 0);
  socket.end();
  const received: Buffer[] = [];
  for await (const chunk of peer.resume()) received.push(chunk as Buffer);
  const wanted = sizes.map((size, at) => written(size, String(at % 10))).join("");
  assert.equal(Buffer.concat(received).toString("latin1") === wanted, true);
  server.close();
});

test("a GET has no body's length, and what has no descriptor is written as a stream", async () => {
  const stream = new PassThrough();
  writeRequest(stream, { method: "GET", path: "/api/hostsToTrace", head: "accept: */*\r\n" });
  assert.equal(String(stream.read()), "GET /api/hostsToTrace HTTP/1.1\r\naccept: */*\r\n\r\n");
});
