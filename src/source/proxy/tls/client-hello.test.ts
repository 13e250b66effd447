import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { test } from "node:test";
import { connect } from "node:tls";
import { parseClientHello } from "./client-hello.ts";

/** The ClientHello of Node's own TLS client. */
async function captureHello(options: { servername?: string; ALPNProtocols?: string[] }): Promise<Buffer> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connect({ host: "127.0.0.1", port: (server.address() as AddressInfo).port, ...options });
  client.on("error", () => {});
  const [socket] = await once(server, "connection");
  const [bytes] = await once(socket, "data");
  client.destroy();
  server.close();
  return bytes;
}

/** Puts the hello into records of at most `size` bytes. */
function splitIntoRecords(record: Buffer, size: number): Buffer {
  const message = record.subarray(5);
  const records: Buffer[] = [];
  for (let at = 0; at < message.length; at += size) {
    const fragment = message.subarray(at, at + size);
    records.push(Buffer.from([22, 3, 1, fragment.length >> 8, fragment.length & 255]), fragment);
  }
  return Buffer.concat(records);
}

test("a hello is read, and every prefix of it is incomplete", async () => {
  const hello = await captureHello({ servername: "demo.example", ALPNProtocols: ["h2", "http/1.1"] });
  const expected = { serverName: "demo.example", alpnOffered: ["h2", "http/1.1"] };
  assert.deepEqual(parseClientHello(hello), expected);
  assert.deepEqual(parseClientHello(Buffer.concat([hello, Buffer.from("more")])), expected);
  for (let cut = 0; cut < hello.length; cut++)
    assert.equal(parseClientHello(hello.subarray(0, cut)), "incomplete", `cut at ${cut}`);
});

test("a hello that is spread over records of one byte up is read", async () => {
  const hello = await captureHello({ servername: "demo.example", ALPNProtocols: ["h2"] });
  for (const size of [1, 2, 3, 4, 5, 100])
    assert.deepEqual(parseClientHello(splitIntoRecords(hello, size)), {
      serverName: "demo.example",
      alpnOffered: ["h2"],
    });
});

test("a hello without names or protocols has none", async () => {
  assert.deepEqual(parseClientHello(await captureHello({})), { alpnOffered: [] });
});

test("what is not a hello is invalid", async () => {
  assert.equal(parseClientHello(Buffer.from("GET / HTTP/1.1\r\n\r\n")), "invalid");
  assert.equal(parseClientHello(Buffer.from("GET ")), "incomplete");
  assert.equal(parseClientHello(Buffer.from([22, 3, 1, 0, 4, 2, 0, 0, 0])), "invalid");
  assert.equal(parseClientHello(Buffer.from([22, 3, 1, 0, 0])), "invalid");
  assert.equal(parseClientHello(Buffer.from([22, 3, 1, 0x40, 1])), "invalid", "a record of more than 2^14 bytes");
  assert.equal(parseClientHello(Buffer.from([22, 3, 1, 0x40, 0])), "incomplete");
  assert.equal(parseClientHello(Buffer.from([22, 9, 9, 0, 32])), "invalid", "no version of TLS");
  assert.equal(parseClientHello(Buffer.from([0x80, 0x2e, 1, 0, 2])), "invalid", "SSLv2");
  assert.equal(parseClientHello(Buffer.from([22, 3, 1, 0, 4, 1, 255, 255, 255])), "invalid");
});

test("a hello whose lengths point beyond its end is invalid", async () => {
  const hello = await captureHello({ servername: "demo.example", ALPNProtocols: ["h2"] });
  for (let at = 9 + 2 + 32; at < hello.length; at++) {
    const damaged = Buffer.from(hello);
    damaged[at] = 255;
    assert.doesNotThrow(() => parseClientHello(damaged));
  }
  const damaged = Buffer.from(hello);
  damaged[9 + 2 + 32 + 1 + hello[9 + 2 + 32]!] = 255;
  assert.equal(parseClientHello(damaged), "invalid");
});
