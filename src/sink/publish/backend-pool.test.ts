/** The connections to a backend, against servers that send bytes as scripts say. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { MemoryBudget, SILENT_LOGGER } from "../../model/index.ts";
import { dialBackend } from "./backend-dial.ts";
import { BackendPool, type BackendResult } from "./backend-pool.ts";

interface Script {
  /** Told of what came on a connection, each time that it has one request more. */
  readonly answer: (socket: Socket, requests: number) => void;
  readonly maxConnections?: number;
  readonly timeoutMillis?: number;
}

async function start(t: TestContext, { answer, maxConnections = 1, timeoutMillis = 60_000 }: Script) {
  const received: string[] = [];
  const server = createServer((socket) => {
    const at = received.push("") - 1;
    let requests = 0;
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      received[at] += bytes.toString("latin1");
      for (; received[at]!.split("<end>").length - 1 > requests; ) answer(socket, ++requests);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const budget = new MemoryBudget(1_000_000);
  const dial = dialBackend({ kind: "url", url: `http://127.0.0.1:${port}` }, [], SILENT_LOGGER);
  const pool = new BackendPool({ dial, budget, maxConnections, timeoutMillis });
  t.after(() => {
    pool.close();
    server.close();
    assert.equal(budget.used, 0);
  });
  const post = (body = "<end>") =>
    new Promise<BackendResult>((resolve) =>
      pool.send({ method: "POST", path: "/p", head: "host: x\r\n", body }, resolve),
    );
  const get = () =>
    new Promise<BackendResult>((resolve) => pool.send({ method: "GET", path: "/<end>", head: "host: x\r\n" }, resolve));
  return { received, pool, post, get };
}

const said = (result: BackendResult): number | string => ("reason" in result ? result.reason : result.status);

test("one request after the other on one connection, in the order in which they came", async (t) => {
  const { received, post } = await start(t, {
    answer: (socket, n) => socket.write(`HTTP/1.1 20${n} \r\ncontent-length: 2\r\n\r\nok`),
  });
  const results = await Promise.all([post("a<end>"), post("b<end>"), post("c<end>")]);
  assert.deepEqual(results.map(said), [201, 202, 203]);
  const request = (body: string) => `POST /p HTTP/1.1\r\nhost: x\r\ncontent-length: 6\r\n\r\n${body}<end>`;
  assert.deepEqual(received, [request("a") + request("b") + request("c")]);
});

test("those of one turn of the event loop are sent at its end, each on a connection of its own", async (t) => {
  const dialled: number[] = [];
  const connect = () => {
    dialled.push(turn);
    return new Promise<never>(() => {});
  };
  const limits = { budget: new MemoryBudget(1000), maxConnections: 2, timeoutMillis: 60_000 };
  const pool = new BackendPool({ dial: { connect }, ...limits });
  t.after(() => pool.close());
  let turn = 1;
  const results: BackendResult[] = [];
  for (let i = 0; i < 3; i++) pool.send({ method: "GET", path: "/", head: "" }, (result) => results.push(result));
  turn = 2;
  assert.deepEqual(dialled, []);
  await nextTurn();
  assert.deepEqual(dialled, [2, 2]);
  pool.close();
  assert.deepEqual(results.map(said), ["closed", "closed", "closed"]);
});

/** Each may come in any pieces. */
const ANSWERS: readonly [name: string, bytes: string, status: number, body: string, staysOpen: boolean][] = [
  ["a length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", true],
  [
    "chunks",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\nA: b\r\n\r\n",
    200,
    "hello",
    true,
  ],
  ["no body", "HTTP/1.1 204 No Content\r\n\r\n", 204, "", true],
  [
    "informational answers before it",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 x\r\nContent-Length: 0\r\n\r\n",
    202,
    "",
    true,
  ],
  ["the end of the connection", "HTTP/1.1 200 OK\r\n\r\nhello", 200, "hello", false],
  ["HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", false],
  ["a wish to close", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", false],
];
for (const [name, bytes, status, body, staysOpen] of ANSWERS)
  test(`an answer with ${name}`, async (t) => {
    for (let cut = 1; cut < bytes.length; cut += 3) {
      const { received, get } = await start(t, {
        answer: (socket) => {
          socket.setNoDelay();
          socket.write(bytes.slice(0, cut));
          setImmediate(() => {
            socket.write(bytes.slice(cut));
            if (!staysOpen) socket.end();
          });
        },
      });
      for (let round = 0; round < 2; round++) {
        const result = await get();
        assert.ok(!("reason" in result), JSON.stringify(result));
        assert.deepEqual([result.status, String(result.body)], [status, body]);
      }
      assert.equal(received.length, staysOpen ? 1 : 2);
    }
  });

const FAILURES: readonly [name: string, answer: (socket: Socket) => void, reason: string][] = [
  ["is no HTTP", (socket) => socket.write("SSH-2.0-OpenSSH\r\n"), "connection"],
  ["ends early", (socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel"), "connection"],
  ["is none", (socket) => socket.destroy(), "connection"],
  ["is reset", (socket) => socket.resetAndDestroy(), "econnreset"],
  [
    "changes the protocol",
    (socket) => socket.write("HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: a\r\n\r\n"),
    "connection",
  ],
  ["has a head without end", (socket) => socket.write(`HTTP/1.1 200 OK\r\nA: ${"x".repeat(100_000)}`), "timed-out"],
  ["comes too late", () => {}, "timed-out"],
];
for (const [name, answer, reason] of FAILURES)
  test(`an answer that ${name} is a failure, and the next request has a connection of its own`, async (t) => {
    let isBroken = true;
    const { post } = await start(t, {
      timeoutMillis: reason === "timed-out" ? 400 : 60_000,
      answer: (socket) => {
        if (isBroken) answer(socket);
        else socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        isBroken = false;
      },
    });
    assert.deepEqual([said(await post()), said(await post())], [reason, 200]);
  });

test("an idle connection that the backend closes, or says it will, gets no request", async (t) => {
  const { received, post } = await start(t, {
    answer: (socket) => socket.write("HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 0\r\n\r\n"),
  });
  assert.deepEqual([said(await post()), said(await post())], [200, 200]);
  assert.equal(received.length, 2);
});

test("an answer before the request is through is taken, and the connection is not used again", async (t) => {
  const { received, post } = await start(t, {
    answer: (socket) => {
      socket.pause();
      socket.write("HTTP/1.1 413 x\r\nContent-Length: 0\r\n\r\n");
    },
  });
  assert.equal(said(await post(`<end>${"x".repeat(32_000_000)}`)), 413);
  assert.equal(said(await post()), 413);
  assert.equal(received.length, 2);
});

test("an answer that was not asked for closes the connection; as many as wanted are open", async (t) => {
  const sockets: Socket[] = [];
  const { received, post } = await start(t, {
    maxConnections: 2,
    answer: (socket) => {
      sockets.push(socket);
      if (sockets.length === 3)
        for (const one of sockets) one.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 400 x\r\n\r\n");
      else if (sockets.length === 2) sockets[0]!.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    },
  });
  const [first] = await Promise.all([post(), post(), post()]);
  assert.equal(said(first!), 200);
  assert.equal(received.length, 2);
});

test("closing ends what is under way and what waits", async (t) => {
  const { pool, post } = await start(t, { answer: () => pool.close() });
  assert.deepEqual((await Promise.all([post(), post()])).map(said), ["closed", "closed"]);
  assert.equal(said(await post()), "closed");
});
