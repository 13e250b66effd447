/** The exporter in the proxy on connections of every kind: HTTP/2, gRPC, WebSocket, IPv6 and unix sockets, answers of the proxy's own, many at once. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectHttp2, createServer as createHttp2Server } from "node:http2";
import { connect, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { afterEach, describe, test } from "node:test";
import { ExportingProxy, reportOfFilter, withoutPlaces } from "./support/exported-exchange.ts";
import { dial, readAll, until } from "./support/proxy-harness.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";
import { loadOwnFilter } from "./support/wasm/filter-run.ts";

const PLAIN = "compat: true, redact: false";
let cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
  cleanups = [];
});

async function start(fields = PLAIN, edit?: (bootstrap: string) => string): Promise<ExportingProxy> {
  const proxy = await ExportingProxy.start(fields, edit && { edit });
  cleanups.push(() => proxy.stop());
  return proxy;
}

/** Answers a request without a body with 200 and nothing. */
function answerOnce(socket: Socket): void {
  socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
}

async function ask(target: number | string, request: string): Promise<string> {
  const client = await dial(target);
  client.write(request);
  client.end();
  const answer = await readAll(client);
  client.destroy();
  return answer;
}

const GET = "GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

describe("HTTP/2", () => {
  async function startHttp2(onStream: (path: string, stream: import("node:http2").ServerHttp2Stream) => void) {
    const service = createHttp2Server();
    service.on("stream", (stream, headers) => {
      stream.on("error", () => {});
      onStream(headers[":path"]!, stream);
    });
    const proxy = await start(PLAIN);
    proxy.serve((socket) => service.emit("connection", socket));
    const session = connectHttp2(`http://127.0.0.1:${proxy.harness.port}`);
    session.on("error", () => {});
    cleanups.push(() => session.destroy());
    return { proxy, session };
  }

  test("a host beside :authority stands in the headers too", async () => {
    const { proxy, session } = await startHttp2((_path, stream) => {
      stream.respond({ ":status": 200 });
      stream.end();
    });
    const stream = session.request({ ":path": "/", ":authority": "a.b:80", host: "other", a: ["1", "2"] });
    stream.resume();
    await once(stream, "close");
    const [{ scnt_request: asked }] = await proxy.received(1);
    assert.equal(asked.host, "a.b:80");
    assert.deepEqual(
      asked.headers.filter(([name]: [string]) => /^(?:host|a)$/.test(name)),
      [
        ["host", "a.b:80"],
        ["host", "other"],
        ["a", "1"],
        ["a", "2"],
      ],
    );
  });

  test("gRPC: a report at the stream's end, with its messages; trailers are none of it", async () => {
    const message = Buffer.from("\0\0\0\0\x03abc");
    const { proxy, session } = await startHttp2((_path, stream) => {
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      stream.on("data", (part) => void stream.write(part));
      stream.on("end", () => stream.end());
    });
    const stream = session.request({
      ":method": "POST",
      ":path": "/S/M",
      "content-type": "application/grpc",
      te: "trailers",
    });
    for (let at = 0; at < 5; at++) {
      stream.write(message);
      await once(stream, "data");
    }
    assert.equal(proxy.documents.length, 0, "it lasts");
    stream.end();
    stream.resume();
    await once(stream, "close");
    const [{ scnt_request: asked, scnt_response: answered }] = await proxy.received(1);
    const whole = Buffer.concat(Array(5).fill(message)).toString("base64");
    assert.deepEqual([asked.path, asked.body, answered.body, answered.status_code], ["/S/M", whole, whole, "200"]);
    assert.deepEqual(
      answered.headers.filter(([name]: [string]) => name !== "date"),
      [["content-type", "application/grpc"]],
    );
  });

  for (const [name, path, status, body] of [
    ["before the response", "/before", "", ""],
    ["in its body", "/body", "200", "half"],
  ] as const)
    test(`a stream that is reset ${name}`, async () => {
      const { proxy, session } = await startHttp2((_path, stream) => {
        if (path === "/before") return stream.close(8);
        stream.respond({ ":status": 200 });
        stream.write("half", () => setTimeout(() => stream.close(2), 20));
      });
      const stream = session.request({ ":path": path });
      stream.on("error", () => {}).resume();
      await once(stream, "close");
      const [{ scnt_response: answered }] = await proxy.received(1);
      assert.deepEqual([answered.status_code, String(Buffer.from(answered.body, "base64"))], [status, body]);
      if (status === "") assert.deepEqual(answered.headers, []);
    });
});

test("a client that gives up before the answer", async () => {
  const proxy = await start();
  let isAsked = false;
  proxy.serve((socket) => socket.on("data", () => (isAsked = true)));
  const client = await dial(proxy.harness.port);
  client.write("POST /gone HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf");
  await until(() => isAsked, "it was asked");
  client.resetAndDestroy();
  const [{ scnt_request: asked, scnt_response: answered }] = await proxy.received(1);
  assert.deepEqual([asked.path, String(Buffer.from(asked.body, "base64"))], ["/gone", "half"]);
  assert.deepEqual([answered.status_code, answered.headers], ["", []]);
});

test("the proxy's own 503 is reported as the filter in Envoy reports it", async () => {
  const proxy = await start(PLAIN, (text) =>
    text.replace(/port_value: [1-9]\d* } } } } \] \} \] \} \}\n$/, "port_value: 1 } } } } ] } ] } }\n"),
  );
  const answer = await ask(proxy.harness.port, GET);
  const [, head, body] = /^HTTP\/1\.1 503 [^\r]*\r\n(.*?)\r\n\r\n(.*)$/s.exec(answer)!;
  const headers = head!.split("\r\n").map((line) => line.split(": ") as [string, string]);
  const [document] = await proxy.received(1);
  assert.equal(document.scnt_response.status_code, "503");
  const shown = reportOfFilter(
    await loadOwnFilter(),
    {
      path: "/a",
      requestHeaders: [["connection", "close"]],
      status: 503,
      responseHeaders: headers,
      responseBody: [Buffer.from(body!)],
    },
    { compat: true, redact: false },
  );
  const { headers: ours, ...rest } = withoutPlaces(document).scnt_response;
  const { headers: theirs, ...others } = withoutPlaces(shown).scnt_response;
  assert.deepEqual(rest, others);
  assert.deepEqual([...ours, ["transfer-encoding", "chunked"]], theirs);
});

test("a WebSocket is one exchange, reported when it ends; what passes on it is kept within the limit", async () => {
  const proxy = await start(`${PLAIN}, max_body_bytes: 1000, body_mode: prefix`);
  const upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
  proxy.serve((socket) => {
    socket.once("data", () => {
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\n${upgrade}Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n`,
      );
      socket.on("data", (part) => socket.write(part));
      socket.on("end", () => socket.end());
    });
  });
  const client = await dial(proxy.harness.port);
  client.write(
    `GET /chat HTTP/1.1\r\nHost: h\r\n${upgrade}Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n`,
  );
  await once(client, "data");
  let received = 0;
  client.on("data", (part: Buffer) => (received += part.length));
  // Frames of text, masked with nothing.
  const frame = Buffer.concat([Buffer.from([0x81, 0xfe, 0x03, 0xe8, 0, 0, 0, 0]), Buffer.alloc(1000, "x")]);
  for (let at = 1; at <= 200; at++) {
    client.write(frame);
    if (at % 50 === 0) await until(() => received === at * frame.length, "they come back");
  }
  assert.equal(proxy.documents.length, 0, "it lasts");
  assert.ok(proxy.harness.tapped.budget.used < 100_000, `${proxy.harness.tapped.budget.used} bytes are kept`);
  client.end();
  const [{ scnt_request: asked, scnt_response: answered }] = await proxy.received(1);
  assert.deepEqual([asked.path, answered.status_code], ["/chat", "101"]);
  for (const { body } of [asked, answered]) assert.ok(Buffer.from(body, "base64").length <= 1000);
  assert.equal(proxy.backend.posted.length, 1);
  client.destroy();
});

test("events without end hold no more than the limit of a body", async () => {
  const proxy = await start(PLAIN);
  const event = Buffer.alloc(100_000, "data: tick\n\n");
  let isOver = false;
  proxy.serve((socket) => {
    socket.once("data", async () => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
      for (let at = 0; at < 100; at++) if (!socket.write(event)) await once(socket, "drain");
      isOver = true;
      socket.end();
    });
  });
  const client = await dial(proxy.harness.port);
  client.write(GET);
  let most = 0;
  client.on("data", () => {
    most = Math.max(most, proxy.harness.tapped.budget.used);
  });
  await once(client, "end");
  client.destroy();
  assert.ok(isOver);
  assert.ok(most < 2_500_000, `${most} bytes were held of 10 MB`);
  const [{ scnt_response: answered }] = await proxy.received(1);
  assert.deepEqual([answered.body, answered.truncated_body], ["", true]);
});

describe("addresses", () => {
  const folder = makeTemporaryFolder();
  process.on("exit", folder.remove);
  const HAS_IPV6 = Object.values(networkInterfaces()).some((all) => all!.some(({ address }) => address === "::1"));
  const listen = (address: string) => (text: string) =>
    text.replace(
      "- name: front\n    address: { socket_address: { address: 127.0.0.1, port_value: 0 } }",
      `- name: front\n    address: ${address}`,
    );

  test("of IPv6 have brackets", { skip: HAS_IPV6 ? false : "no IPv6 on loopback" }, async () => {
    const proxy = await start(PLAIN, listen('{ socket_address: { address: "::1", port_value: 0 } }'));
    proxy.serve(answerOnce);
    const client = connect({ host: "::1", port: proxy.harness.port });
    await once(client, "connect");
    const { localPort } = client;
    client.end(GET);
    await readAll(client);
    const [document] = await proxy.received(1);
    assert.deepEqual(
      [document.source_address, document.destination_address],
      [`[::1]:${localPort}`, `[::1]:${proxy.harness.port}`],
    );
  });

  test("of a unix socket are its path, for a client without one too, as in Envoy", async () => {
    const path = join(folder.path, "in.sock");
    const proxy = await start(PLAIN, listen(`{ pipe: { path: ${path} } }`));
    proxy.serve(answerOnce);
    await ask(path, GET);
    const [document] = await proxy.received(1);
    assert.deepEqual([document.destination_address, document.source_address], [path, path]);
  });
});

test("three hundred connections at once: three hundred reports, and nothing is left of them", async () => {
  const proxy = await start(PLAIN);
  const waiting: Socket[] = [];
  proxy.serve((socket) => socket.once("data", () => waiting.push(socket)));
  const answers = Array.from({ length: 300 }, (_, at) => ask(proxy.harness.port, GET.replace("/a", `/${at}`)));
  await until(() => waiting.length === 300, "all of them wait");
  assert.equal(proxy.backend.posted.length, 0);
  for (const socket of waiting) socket.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  for (const answer of await Promise.all(answers)) assert.match(answer, /^HTTP\/1\.1 200 .*ok$/s);
  const paths = (await proxy.received(300)).map(({ scnt_request: { path } }) => Number(path.slice(1)));
  assert.deepEqual(
    paths.toSorted((a, b) => a - b),
    Array.from({ length: 300 }, (_, at) => at),
  );
  const { tapped } = proxy.harness;
  await until(() => tapped.exporters.queued === 0 && tapped.budget.used === 0, "nothing is held");
  assert.equal(tapped.ledger.book("published").handled, 300);
});
