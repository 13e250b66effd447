/** Access logs of a Rover, over HTTP/2 byte by byte and as a client of gRPC sends them. */
import assert from "node:assert/strict";
import { connect, constants } from "node:http2";
import { type TestContext, test } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { compressionGzip, createGrpcTransport } from "@connectrpc/connect-node";
import { startCollector } from "../../../test/support/collector-page.ts";
import {
  AccessLogHTTPProtocolRequestMethod,
  EBPFAccessLogMessageSchema,
  EBPFAccessLogService,
} from "../../wire/skywalking/gen/skywalking/v3/access_log_pb.js";
import { MAX_PASSED_OVER_BYTES } from "./client-stream.ts";
import { GrpcServer } from "./grpc-server.ts";

const TIMEOUT = { timeout: 60_000 };
const PATH = "/skywalking.v3.EBPFAccessLogService/collect";

function log(index: number) {
  const end = (host: string, port: number) => ({ address: { case: "ip" as const, value: { host, port } } });
  const at = (offset: bigint) => ({ timestamp: { case: "offset" as const, value: { offset } } });
  return create(EBPFAccessLogMessageSchema, {
    ...(index === 0 && { node: { name: "node-1", bootTime: { seconds: 1_795_000_000n } } }),
    ...(index % 3 === 0 && {
      connection: { local: end("10.0.0.9", 80), remote: end("10.0.0.5", 1000 + index), role: 1 },
    }),
    protocolLog: {
      protocol: {
        case: "http",
        value: {
          startTime: at(BigInt(index) * 1_000_000n),
          endTime: at(BigInt(index) * 1_000_000n + 7000n),
          request: { method: AccessLogHTTPProtocolRequestMethod.Post, path: `/cart/${index}` },
          response: { statusCode: 200 },
        },
      },
    },
  });
}

function frame(message: Uint8Array, flags = 0): Buffer {
  const head = Buffer.alloc(5);
  head[0] = flags;
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

async function start(context: TestContext, token?: string) {
  const running = await startCollector();
  context.after(running.stop);
  const listen = { kind: "ip", address: "127.0.0.1", port: 0 } as const;
  const grpc = new GrpcServer({ ...running, listen, token });
  const { port } = await grpc.start();
  context.after(() => grpc.stop());
  const session = connect(`http://127.0.0.1:${port}`);
  context.after(() => session.destroy());
  /** Gives status and message of the answer. @param isOpen more would follow */
  const call = async (pieces: readonly Uint8Array[], headers: Record<string, string> = {}, isOpen = false) => {
    const type = { "content-type": "application/grpc", te: "trailers" };
    const stream = session.request({ ":method": "POST", ":path": PATH, ...type, ...headers });
    const told: Record<string, unknown> = {};
    const ended = new Promise<void>((resolve) => {
      stream.on("response", (got) => Object.assign(told, got));
      stream.on("trailers", (got) => Object.assign(told, got));
      stream.on("end", () => resolve());
    });
    stream.on("error", () => {}).resume();
    for (const piece of pieces) {
      stream.write(piece);
      // Each in a frame of its own.
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (!isOpen) stream.end();
    await ended;
    stream.end();
    return { status: told["grpc-status"], message: told["grpc-message"] };
  };
  const paths = async () => (await running.store.list({ limit: 1000 })).items.map(({ target }) => target).reverse();
  return { ...running, port, call, paths };
}

const logs = (count: number) =>
  Array.from({ length: count }, (_, index) => toBinary(EBPFAccessLogMessageSchema, log(index)));

test("each message is kept before the stream is answered, whatever pieces its bytes come in", TIMEOUT, async (t) => {
  const { call, paths, ledger, collector } = await start(t);
  const bytes = Buffer.concat(logs(9).map((one) => frame(one)));
  const pieces: Buffer[] = [];
  for (let at = 0, size = 1; at < bytes.length; at += size, size += 3) pieces.push(bytes.subarray(at, at + size));
  assert.deepEqual(await call(pieces), { status: "0", message: undefined });
  assert.deepEqual(
    await paths(),
    Array.from({ length: 9 }, (_, index) => `/cart/${index}`),
  );
  assert.equal(ledger.book("access-logs").format(), "access-logs: 9 in = 9 handled");
  assert.equal(collector.receiving.used, 0);
});

test("more messages than are taken between two waits for the disk are taken in one stream", TIMEOUT, async (t) => {
  const { call, store } = await start(t);
  assert.equal((await call([Buffer.concat(logs(2500).map((one) => frame(one)))])).status, "0");
  assert.equal((await store.facts()).exchanges, 2500);
});

test(
  "what cannot be taken ends the stream at once with its reason, and what came before it is kept",
  TIMEOUT,
  async (t) => {
    const { call, store, collector, paths } = await start(t);
    const [first, second] = logs(2).map((one) => frame(one)) as [Buffer, Buffer];
    const huge = Buffer.from([0, 0xff, 0xff, 0xff, 0xff]);
    for (const [pieces, status, said, isOpen] of [
      [[first, frame(Uint8Array.of(0x0a, 0xff))], "3", /premature|end/i, true],
      [[first, second.subarray(0, -1)], "3", /cut off/, false],
      [[first, huge], "8", /too large/, true],
      [[frame(new Uint8Array(2), 1)], "13", /compressed/, true],
    ] as const) {
      const answer = await call(pieces, {}, isOpen);
      assert.equal(answer.status, status, String(answer.message));
      assert.match(decodeURIComponent(String(answer.message)), said);
      assert.equal(collector.receiving.used, 0);
    }
    await collector.intake.settled();
    assert.deepEqual(await paths(), ["/cart/0", "/cart/0", "/cart/0"]);

    t.mock.method(store, "append", () => Promise.reject(new Error("no room")));
    const failed = await call([first]);
    assert.deepEqual([failed.status, decodeURIComponent(String(failed.message))], ["14", "no room"]);
  },
);

test(
  "who writes on behind a refusal is told why, passed over and counted, and reset after a limit",
  TIMEOUT,
  async (t) => {
    const { port, ledger } = await start(t, "letmein");
    const session = connect(`http://127.0.0.1:${port}`);
    t.after(() => session.destroy());
    const stream = session.request({ ":method": "POST", ":path": PATH, "content-type": "application/grpc" });
    const told: Record<string, unknown> = {};
    stream.on("response", (got) => Object.assign(told, got));
    const closed = new Promise<void>((resolve) => stream.on("close", () => resolve()));
    stream.on("error", () => {}).resume();
    let written = 0;
    const piece = Buffer.alloc(16 * 1024);
    const write = (): void => {
      if (stream.destroyed || written > 8 * MAX_PASSED_OVER_BYTES) return;
      written += piece.length;
      stream.write(piece, () => setImmediate(write));
    };
    write();
    await closed;
    assert.equal(told["grpc-status"], "16");
    assert.equal(stream.rstCode, constants.NGHTTP2_ENHANCE_YOUR_CALM);
    const { entered, dropped } = ledger.book("passed-over-bytes");
    assert.equal(dropped, entered);
    assert.ok(entered > MAX_PASSED_OVER_BYTES && entered <= written, `${entered} of ${written}`);
    assert.ok(written < 2 * MAX_PASSED_OVER_BYTES, `${written} were written`);
    // Another stream of the same connection goes on.
    const headers = { authentication: "letmein", "content-type": "application/grpc" };
    const next = session.request({ ":method": "POST", ":path": PATH, ...headers });
    const status = new Promise((resolve) => next.on("trailers", (got) => resolve(got["grpc-status"])));
    next.resume().end(frame(logs(1)[0]!));
    assert.equal(await status, "0");
  },
);

test("a token is needed before anything is read", TIMEOUT, async (t) => {
  const { call, ledger, store } = await start(t, "letmein");
  const pieces = logs(1).map((one) => frame(one));
  for (const headers of [{}, { authentication: "wrong" }, { authorization: "Bearer wrong" }])
    assert.equal((await call(pieces, headers as Record<string, string>, true)).status, "16");
  assert.equal(ledger.book("access-logs").entered, 0);
  for (const headers of [{ authentication: "letmein" }, { authorization: "bearer letmein" }])
    assert.equal((await call(pieces, headers as Record<string, string>)).status, "0");
  assert.equal((await store.facts()).exchanges, 2);
});

test("a client that goes away leaves nothing reserved, and what came whole is kept", TIMEOUT, async (t) => {
  const { port, collector, ledger, store } = await start(t);
  const session = connect(`http://127.0.0.1:${port}`);
  const stream = session.request({ ":method": "POST", ":path": PATH, "content-type": "application/grpc" });
  stream.on("error", () => {});
  session.on("error", () => {});
  const [first, second] = logs(2).map((one) => frame(one)) as [Buffer, Buffer];
  stream.write(Buffer.concat([first, second.subarray(0, 20)]));
  while (ledger.book("access-logs").handled < 1) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(collector.receiving.used, 20);
  session.destroy();
  while (collector.receiving.used > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await collector.intake.settled();
  assert.equal((await store.facts()).exchanges, 1);
});

test("clients of gRPC are served, those that compress as well", TIMEOUT, async (t) => {
  const { port, store } = await start(t);
  const baseUrl = `http://127.0.0.1:${port}`;
  for (const options of [{}, { sendCompression: compressionGzip, compressMinBytes: 0 }]) {
    const client = createClient(EBPFAccessLogService, createGrpcTransport({ baseUrl, ...options }));
    await client.collect(
      (async function* () {
        for (let index = 0; index < 5; index++) yield log(index);
      })(),
    );
  }
  assert.equal((await store.facts()).exchanges, 10);
});
