/**
 * HTTP/1 and WebSocket as others speak them: what node:http, curl, nginx and undici said to each other over loopback is read off
 * a relay between them, split again at random, and must come out as both ends saw it.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmodSync, writeFileSync } from "node:fs";
import { Agent, createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { after, before, describe, test } from "node:test";
import { constants, deflateRawSync, gunzipSync } from "node:zlib";
import type { Header, HttpExchange } from "../../src/model/index.ts";
import { summarize, understand } from "../support/conversation.ts";
import type { RecordedChunk } from "../support/http2-session.ts";
import { skipUnless } from "../support/needs.ts";
import { findFreePorts, startProgram, waitForPort } from "../support/processes.ts";
import { Random } from "../support/random.ts";
import { RecordingRelay } from "../support/record-relay.ts";
import { runProgram } from "../support/run-program.ts";
import { makeTemporaryFolder } from "../support/temporary-folder.ts";

/** One end's view of an exchange: start line, fields and trailers as they came, and the body. */
interface Seen {
  readonly request: string;
  readonly response: string;
}

describe("node:http at both ends", () => {
  const random = new Random();

  test("random requests over one connection", { timeout: 240_000 }, async (context) => {
    const { server, port } = await listen((message, response) => answer(message, response, random));
    await using relay = await RecordingRelay.start(port);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const seen: Seen[] = [];
    for (let i = 0; i < 60; i++) seen.push(await converse(relay.port, agent, random, i));
    agent.destroy();
    await close(server);

    const chunks = relay.take();
    for (const pieceSize of [Number.POSITIVE_INFINITY, 1 + random.below(20), 1 + random.below(2000)]) {
      const exchanges = readExchanges(chunks, pieceSize);
      context.diagnostic(`seed ${random.seed}: ${exchanges.length} exchanges in pieces of ${pieceSize}`);
      assert.deepEqual(exchanges.map(show), seen, `seed ${random.seed}, pieces of ${pieceSize}`);
      for (const { quality, problems } of exchanges) assert.deepEqual([quality, problems], ["complete", []]);
    }
  });
});

describe("curl", { skip: skipUnless("curl") }, () => {
  let server: Server;
  let relay: RecordingRelay;
  before(async () => {
    const started = await listen((message, response) => {
      message.resume().on("end", () => {
        if (message.url === "/endless") response.shouldKeepAlive = false;
        response.writeHead(200, message.url === "/chunked" ? {} : { "content-length": 5 });
        response.end("hello");
      });
    });
    server = started.server;
    server.on("connect", (message, socket) => {
      const target = connect(started.port, "127.0.0.1");
      socket.write(`HTTP/1.1 200 Connection to ${message.url} established\r\n\r\n`);
      socket.pipe(target).pipe(socket);
    });
    relay = await RecordingRelay.start(started.port);
  });
  after(async () => {
    await relay[Symbol.asyncDispose]();
    await close(server);
  });

  const CASES: readonly {
    readonly args: readonly string[];
    readonly input?: string;
    readonly exchanges: readonly string[];
  }[] = [
    { args: ["URL/a"], exchanges: ['GET /a → 200 "hello" | complete'] },
    { args: ["URL/a", "URL/b"], exchanges: ['GET /a → 200 "hello" | complete', 'GET /b → 200 "hello" | complete'] },
    { args: ["-I", "URL/a"], exchanges: ["HEAD /a → 200 | complete"] },
    { args: ["--http1.0", "URL/chunked"], exchanges: ['GET /chunked → 200 "hello" | http/1.0 complete'] },
    { args: ["-d", "x=1", "URL/a?q"], exchanges: ['POST /a?q "x=1" → 200 "hello" | complete'] },
    { args: ["-T", "-", "URL/up"], input: "streamed", exchanges: ['PUT /up "streamed" → 100 200 "hello" | complete'] },
    { args: ["-X", "FROB", "URL/a"], exchanges: [] },
    // node:http does not know h2c: it answers in HTTP/1.1.
    { args: ["--http2", "URL/a"], exchanges: ['GET /a → 200 "hello" | complete'] },
    {
      args: ["-p", "-x", "URL", "http://inside.test/t"],
      exchanges: ["CONNECT inside.test:80 → 200 | complete", 'GET /t → 200 "hello" | complete'],
    },
  ];
  for (const { args, input, exchanges } of CASES)
    test(args.join(" "), async () => {
      const url = `http://127.0.0.1:${relay.port}`;
      await runProgram(
        "curl",
        ["-s", ...args.map((arg) => arg.replace("URL", url))],
        input === undefined ? {} : { input },
      );
      const chunks = relay.take();
      for (const pieceSize of [Number.POSITIVE_INFINITY, 1, 13]) {
        const actual = readExchanges(chunks, pieceSize).map(summarize);
        // llhttp refuses methods that it does not know; curl sends them.
        if (exchanges.length === 0) assert.match(actual.join(), /^FROB \/a → 400 \| complete$/);
        else assert.deepEqual(actual, exchanges, `pieces of ${pieceSize}`);
      }
    });
});

describe("curl and nginx", { skip: skipUnless("curl", "nginx") }, () => {
  test("a file, a part of it, compressed on the way, unchanged, missing", async () => {
    const folder = makeTemporaryFolder();
    // nginx's worker is another user than root.
    chmodSync(folder.path, 0o755);
    const text = Array.from({ length: 3000 }, (_, i) => `line ${i}`).join("\n");
    writeFileSync(join(folder.path, "file.txt"), text);
    const [port] = await findFreePorts(1);
    writeFileSync(join(folder.path, "nginx.conf"), nginxConfiguration(folder.path, port!));
    const nginx = startProgram("/usr/sbin/nginx", [
      "-e",
      "stderr",
      "-p",
      folder.path,
      "-c",
      join(folder.path, "nginx.conf"),
    ]);
    try {
      await waitForPort(port!);
      await using relay = await RecordingRelay.start(port!);
      const url = `http://127.0.0.1:${relay.port}/file.txt`;
      const next = ["--next", "-s", "-o", "/dev/null"];
      await runProgram("curl", [
        ...["-s", "-o", "/dev/null", url, ...next, "-r", "5-9", url, ...next, "--compressed", url],
        ...[...next, "-H", "If-None-Match: *", url, ...next, `${url}x`, ...next, "-I", url],
      ]);
      const chunks = relay.take();
      for (const pieceSize of [Number.POSITIVE_INFINITY, 7]) {
        const exchanges = readExchanges(chunks, pieceSize);
        assert.deepEqual(
          exchanges.map(({ request, response, quality }) => [request?.method, response?.status, quality]),
          [200, 206, 200, 304, 404, 200].map((status, i) => [i === 5 ? "HEAD" : "GET", status, "complete"]),
        );
        const bodies = exchanges.map(({ response }) => Buffer.from(response!.body.bytes));
        assert.equal(bodies[0]!.toString(), text);
        assert.equal(bodies[1]!.toString(), text.slice(5, 10));
        assert.equal(gunzipSync(bodies[2]!).toString(), text);
        assert.deepEqual([bodies[3]!.length, bodies[5]!.length], [0, 0]);
      }
    } finally {
      await nginx.stop();
      folder.remove();
    }
  });
});

test("undici's WebSocket", { timeout: 240_000 }, async () => {
  const server = createServer();
  const upgraded: Duplex[] = [];
  server.on("upgrade", (message: IncomingMessage, socket) => {
    upgraded.push(socket);
    const key = `${message.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = createHash("sha1").update(key).digest("base64");
    const fields = ["Upgrade: websocket", "Connection: Upgrade", `Sec-WebSocket-Accept: ${accept}`];
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\n${fields.join("\r\n")}\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n`,
    );
    const text = deflateRawSync("compressed, compressed", { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
    socket.write(Buffer.concat([Buffer.from([0xc1, text.length]), text]));
    socket.on("data", () => {}).on("error", () => {});
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  await using relay = await RecordingRelay.start((server.address() as AddressInfo).port);
  const socket = new WebSocket(`ws://127.0.0.1:${relay.port}/chat`);
  const received = await new Promise<unknown>((resolve) =>
    socket.addEventListener("message", ({ data }) => resolve(data)),
  );
  assert.equal(received, "compressed, compressed");
  socket.send("text");
  socket.send(Buffer.alloc(70_000, "b"));
  socket.close(1000, "done");
  const closed = new Promise((resolve) => socket.addEventListener("close", resolve));
  // undici writes its frames one after the other: its close is the last.
  await new Promise((resolve) => setTimeout(resolve, 300));
  for (const end of upgraded) end.destroy();
  await closed;
  await close(server);

  const [exchange, ...others] = readExchanges(relay.take(), 1000);
  assert.equal(others.length, 0);
  assert.deepEqual(exchange!.application, [{ name: "websocket" }]);
  assert.deepEqual(
    exchange!.messages!.map(({ from, kind, bytes, size }) => [
      from,
      kind,
      Buffer.from(bytes.subarray(0, 30)).toString(),
      size,
    ]),
    [
      ["server", "text", "compressed, compressed", 22],
      ["client", "text", "text", 4],
      ["client", "binary", "b".repeat(30), 70_000],
      ["client", "close", "\x03\ufffddone", 6],
    ],
  );
});

function readExchanges(chunks: readonly RecordedChunk[], pieceSize: number): readonly HttpExchange[] {
  const steps = chunks.map(({ direction, data }) => [direction === "read" ? "client" : "server", data] as const);
  const { exchanges, analyzer } = understand([...steps, ["close", "fin"]], { pieceSize });
  const book = analyzer.ledger.book("bytes");
  assert.ok(analyzer.ledger.balanced && book.buffered === 0, book.format());
  assert.equal(book.handled + book.truncated, book.entered, book.format());
  return exchanges;
}

function show({ request, response }: HttpExchange): Seen {
  const fields = (headers: readonly Header[]) => headers.map(({ name, value }) => `${name}: ${value}\n`).join("");
  const rest = ({ headers, trailers, body }: NonNullable<typeof request | typeof response>) =>
    `${fields(headers)}\n${Buffer.from(body.bytes).toString("latin1")}\n${fields(trailers)}`;
  return {
    request: `${request!.method} ${request!.target}\n${rest(request!)}`,
    response: `${response!.status} ${response!.reason}\n${rest(response!)}`,
  };
}

function showMessage(start: string, { rawHeaders, rawTrailers }: IncomingMessage, body: string): string {
  const fields = (raw: string[]) => raw.map((text, i) => (i % 2 === 0 ? `${text}: ` : `${text}\n`)).join("");
  return `${start}\n${fields(rawHeaders)}\n${body}\n${fields(rawTrailers)}`;
}

const requests = new Map<string, string>();

/** Sends one random request, and gives what the server saw of it and what came back. */
async function converse(port: number, agent: Agent, random: Random, index: number): Promise<Seen> {
  const method = random.pick(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"]);
  const headers: Record<string, string> = { "x-index": String(index) };
  for (const name of random.list(4, () => `x-${random.below(1000)}`))
    headers[name] = " v ".repeat(random.below(20)).trim();
  const body = method === "GET" || method === "HEAD" ? "" : "b".repeat(random.below(random.pick([2, 300, 40_000])));
  if (body !== "" && random.chance(2)) headers["content-length"] = String(body.length);
  else if (body !== "") headers["transfer-encoding"] = "chunked";
  if (random.chance(4) && body !== "") headers["expect"] = "100-continue";
  const outgoing = request({
    port,
    agent,
    method,
    path: `/${random.below(1e6)}?${"q".repeat(random.below(50))}`,
    headers,
  });
  if (headers["expect"] !== undefined) {
    outgoing.flushHeaders();
    await once(outgoing, "continue");
  }
  for (let at = 0; at < body.length; at += 10_000) outgoing.write(body.slice(at, at + 10_000));
  outgoing.end();
  const [response] = (await once(outgoing, "response")) as [IncomingMessage];
  response.setEncoding("latin1");
  let received = "";
  for await (const piece of response) received += piece;
  return {
    request: requests.get(String(index))!,
    response: showMessage(`${response.statusCode} ${response.statusMessage}`, response, received),
  };
}

async function answer(message: IncomingMessage, response: ServerResponse, random: Random): Promise<void> {
  message.setEncoding("latin1");
  let received = "";
  for await (const piece of message) received += piece;
  requests.set(String(message.headers["x-index"]), showMessage(`${message.method} ${message.url}`, message, received));
  if (random.chance(5)) response.writeEarlyHints({ link: "</a.css>; rel=preload" });
  const status = random.pick([200, 200, 201, 204, 304, 404, 500]);
  const body = "r".repeat(random.below(random.pick([1, 100, 60_000])));
  const isChunked = random.chance(2);
  const headers: Record<string, string> = { "content-type": "text/plain" };
  const hasTrailers = isChunked && status !== 204 && status !== 304 && message.method !== "HEAD";
  if (hasTrailers) headers["trailer"] = "x-sum";
  else if (!isChunked && status !== 204) headers["content-length"] = String(body.length);
  response.writeHead(status, headers);
  if (hasTrailers) response.addTrailers({ "x-sum": "1" });
  for (let at = 0; at < body.length; at += 7000) response.write(body.slice(at, at + 7000));
  response.end();
}

async function listen(handle: (message: IncomingMessage, response: ServerResponse) => unknown) {
  const server = createServer(handle);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, port: (server.address() as AddressInfo).port };
}

function close(server: Server): Promise<unknown> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
}

function nginxConfiguration(folder: string, port: number): string {
  return `daemon off; pid ${folder}/pid; worker_processes 1;
    events {}
    http {
      access_log off; default_type text/plain; gzip on; gzip_types text/plain; gzip_min_length 10;
      client_body_temp_path ${folder}/b; proxy_temp_path ${folder}/p; fastcgi_temp_path ${folder}/f;
      uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
      server { listen 127.0.0.1:${port}; root ${folder}; }
    }`;
}
