import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect as connectHttp2, createServer as createHttp2Server, type Http2Server } from "node:http2";
import { createServer as createHttpsServer, request } from "node:https";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { type Message, Packets } from "./packets.ts";

/** A capture of real programs on loopback, at a time and between addresses of the sample's own, and the secrets of its TLS. */
export interface Recording {
  readonly capture: Uint8Array;
  readonly keys: string;
}

/** A request for the login page and a login over HTTP/1.1 and TLS 1.3. @param folder where a certificate may be written */
export async function recordTls(folder: string): Promise<Recording> {
  const [key, certificate] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const subject = ["-subj", "/CN=service.example", "-days", "2", "-nodes", "-newkey", "rsa:2048"];
  execFileSync("openssl", ["req", "-x509", ...subject, "-keyout", key, "-out", certificate], { stdio: "ignore" });
  const server = createHttpsServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (asked, answer) => {
    asked.resume().once("end", () => {
      answer.setHeader("content-type", "application/json");
      answer.end(asked.method === "POST" ? '{"token":"sample-token-0123456789abcdef"}' : '{"login":"/login"}');
    });
  });
  let keys = "";
  server.on("keylog", (line: Buffer) => {
    keys += line.toString();
  });
  const messages = await relay(server, async (port) => {
    const { Agent } = await import("node:https");
    const agent = new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false });
    const ask = (method: string, path: string, body?: string) =>
      new Promise<void>((resolve, reject) => {
        const headers = body === undefined ? {} : { "content-type": "application/json" };
        const sent = request({ port, host: "127.0.0.1", servername: "service.example", agent, method, path, headers });
        sent.once("error", reject).once("response", (answer) => void text(answer).then(() => resolve(), reject));
        sent.setHeader("host", "service.example");
        sent.end(body);
      });
    await ask("GET", "/login");
    await ask("POST", "/login", '{"user":"mia","password":"correct-horse-battery"}');
    agent.destroy();
  });
  const packets = new Packets();
  packets.talk("10.0.0.9:52100", "10.0.1.1:443", messages);
  return { capture: packets.write(), keys };
}

/** Two calls of gRPC over HTTP/2 in plain text: `shop.Carts/Get` of `api/service.proto`. One ends with NOT_FOUND. */
export async function recordGrpc(): Promise<Uint8Array> {
  const server = createHttp2Server();
  server.on("stream", (stream, headers) => {
    stream.resume();
    const isKnown = headers["x-user"] === "mia";
    stream.once("end", () => {
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.once("wantTrailers", () =>
        stream.sendTrailers(isKnown ? { "grpc-status": "0" } : { "grpc-status": "5", "grpc-message": "no such cart" }),
      );
      // Cart { id: 4711, item: "kettle" }
      stream.end(
        isKnown ? frameMessage([0x08, 0xe7, 0x24, 0x12, 6, ...new TextEncoder().encode("kettle")]) : undefined,
      );
    });
  });
  const messages = await relay(server, async (port) => {
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    for (const user of ["mia", "joe"]) {
      const stream = session.request({
        ":method": "POST",
        ":path": "/shop.Carts/Get",
        ":authority": "carts.example",
        "content-type": "application/grpc",
        te: "trailers",
        "x-user": user,
      });
      // GetRequest { id: 4711 }
      stream.end(frameMessage([0x08, 0xe7, 0x24]));
      stream.resume();
      await once(stream, "close");
    }
    session.close();
    await once(session, "close");
  });
  const packets = new Packets();
  packets.talk("10.0.1.2:40330", "10.0.1.7:8080", messages);
  return packets.write();
}

const START = Date.UTC(2026, 0, 31, 2, 20, 0, 100);

function frameMessage(message: readonly number[]): Uint8Array {
  return Uint8Array.of(0, 0, 0, 0, message.length, ...message);
}

/** The bytes that pass on the one connection that `talk` makes, some milliseconds between two messages. */
async function relay(server: Server | Http2Server, talk: (port: number) => Promise<void>): Promise<Message[]> {
  const messages: Message[] = [];
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const middle = createServer((client) => {
    const upstream = connect((server.address() as AddressInfo).port, "127.0.0.1");
    for (const [from, source, target] of [
      ["client", client, upstream],
      ["server", upstream, client],
    ] as const) {
      source.on("data", (data: Buffer) => {
        messages.push({ from, at: START + messages.length * 3, data: Uint8Array.from(data) });
        target.write(data);
      });
      source.on("end", () => target.end());
      source.on("error", () => target.destroy());
    }
  }).listen(0, "127.0.0.1");
  await once(middle, "listening");
  await talk((middle.address() as AddressInfo).port);
  middle.close();
  server.close();
  return messages;
}
