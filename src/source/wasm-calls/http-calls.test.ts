/** The calls of filters over real connections: what is sent, what comes back, and what becomes of those that fail. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import type { CallAnswer, OutgoingCall, Pair } from "../../wasm-host/index.ts";
import { type CallEnd, HttpCalls } from "./http-calls.ts";

const HEADERS: readonly Pair[] = [
  [":method", "POST"],
  [":path", "/publish?a=b"],
  [":authority", "scn"],
];
const NOTHING = new Uint8Array(0);

/** A service that is shown each request as it stands on the wire, and says what it likes. */
async function start(t: TestContext, serve: (socket: Socket, request: Buffer) => void) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => {}));
    let received = Buffer.alloc(0);
    socket.on("data", (part) => {
      received = Buffer.concat([received, part]);
      const head = received.indexOf("\r\n\r\n");
      const length = Number(/content-length: (\d+)/i.exec(received.toString("latin1"))?.[1] ?? 0);
      if (head < 0 || received.length < head + 4 + length) return;
      serve(socket, received);
      received = Buffer.alloc(0);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const ends: CallEnd[] = [];
  const clusters = new Map([
    ["c", new URL(`http://127.0.0.1:${port}`)],
    ["gone", new URL("http://127.0.0.1:1")],
  ]);
  const calls = new HttpCalls(clusters, (_call, end) => ends.push(end));
  t.after(() => {
    calls.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const call = (more: Partial<OutgoingCall> = {}) =>
    new Promise<CallAnswer | undefined>((resolve) => {
      let isStarting = true;
      const answered = (answer: CallAnswer | undefined) => {
        assert.equal(isStarting, false, "not before it has been started");
        resolve(answer);
      };
      calls.start(
        { cluster: "c", headers: HEADERS, body: NOTHING, trailers: [], timeoutMillis: 60_000, ...more },
        answered,
      );
      isStarting = false;
    });
  return { calls, call, ends, sockets };
}

test("a call is the request that the filter said, byte by byte; its answer has status, headers, body and trailers", async (t) => {
  const seen: string[] = [];
  const { calls, call, ends } = await start(t, (socket, request) => {
    seen.push(request.toString("latin1"));
    socket.write(
      Buffer.from(
        "HTTP/1.1 202 Fine\r\nX-A: 1\r\nx-a: caf\xe9\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n" +
          "3\r\nabc\r\n2\r\nde\r\n0\r\nX-T: \xc3\xa9\r\n\r\n",
        "latin1",
      ),
    );
  });
  assert.deepEqual([calls.has("c"), calls.has("d")], [true, false]);
  const headers: Pair[] = [
    ...HEADERS,
    ["x-request-id", "r\xe9\xc3\xa9"],
    ["b", "1"],
    ["b", "2"],
    ["content-length", "77"],
  ];
  const answer = await call({ headers, body: Buffer.from("body") });
  assert.equal(
    seen[0]!.replace(/^connection: .*\r\n/im, ""),
    "POST /publish?a=b HTTP/1.1\r\nhost: scn\r\nx-request-id: r\xe9\xc3\xa9\r\nb: 1\r\nb: 2\r\ncontent-length: 4\r\n\r\nbody",
  );
  assert.deepEqual(
    answer!.headers.filter(([name]) => /^(?::status|x-a)$/.test(name)),
    [
      [":status", "202"],
      ["x-a", "1"],
      ["x-a", "caf\xe9"],
    ],
  );
  assert.equal(Buffer.from(answer!.body).toString(), "abcde");
  assert.deepEqual(answer!.trailers, [["x-t", "\xc3\xa9"]]);
  assert.equal(ends[0]!.status, 202);
});

test("an answer of 1 MB is whole; one without end is none", async (t) => {
  let size = 1_000_000;
  const { call, ends } = await start(t, (socket) => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
    socket.write(Buffer.alloc(size, "x"));
  });
  assert.equal((await call())!.body.length, 1_000_000);
  size = 16 * 1024 * 1024 + 1;
  assert.equal(await call(), undefined);
  assert.match(ends[1]!.problem!, /too large/);
});

for (const [name, cluster, serve, problem] of [
  ["is refused", "gone", () => {}, /ECONNREFUSED/],
  ["is reset", "c", (socket: Socket) => socket.destroy(), /ECONNRESET|socket hang up/],
  [
    "is cut in its answer",
    "c",
    (socket: Socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"),
    /aborted|ECONNRESET/,
  ],
  ["is answered with no HTTP", "c", (socket: Socket) => socket.end("what?\r\n\r\n"), /HPE_/],
] as const)
  test(`a call that ${name} has no answer, and the next has one`, async (t) => {
    let isBroken = true;
    const { call, ends } = await start(t, (socket, _request) => {
      if (isBroken) serve(socket);
      else socket.write("HTTP/1.1 204 No Content\r\n\r\n");
    });
    assert.equal(await call({ cluster }), undefined);
    assert.match(ends[0]!.problem!, problem);
    isBroken = false;
    assert.equal((await call())!.headers[0]![1], "204");
  });

test("a call that is not answered in time, or not to its end, has no answer", async (t) => {
  const begun = ["", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"];
  const { call, ends, sockets } = await start(t, (socket) => void socket.write(begun.shift()!));
  for (let at = 0; at < 2; at++) {
    assert.equal(await call({ timeoutMillis: 50 }), undefined);
    assert.ok(ends[at]!.problem !== undefined && ends[at]!.status === undefined);
  }
  await Promise.all([...sockets].map((socket) => socket.destroyed || once(socket, "close")));
});

test("headers that HTTP cannot have fail the call, and nothing else", async (t) => {
  const { call, ends } = await start(t, (socket) => void socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
  assert.equal(await call({ headers: [...HEADERS, ["a", "b\nc"]] }), undefined);
  assert.match(ends[0]!.problem!, /ERR_INVALID_CHAR/);
  assert.equal((await call())!.headers[0]![1], "200");
});

test("a call that is given up is not answered, whether it was sent or not", async (t) => {
  let received = 0;
  const { calls, ends, sockets } = await start(t, () => void received++);
  const outgoing = { cluster: "c", headers: HEADERS, body: NOTHING, trailers: [], timeoutMillis: 20 };
  const fail = () => assert.fail("it was given up");
  calls.start(outgoing, fail)();
  const giveUp = calls.start({ ...outgoing, timeoutMillis: 0 }, fail);
  while (received === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  const [socket] = sockets;
  giveUp();
  if (!socket!.destroyed) await once(socket!, "close");
  await new Promise((resolve) => setTimeout(resolve, 40));
  assert.deepEqual([received, ends], [1, []]);
});
