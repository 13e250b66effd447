/**
 * Random exchanges over HTTP/1 and HTTP/2, tapped: each trace is what Node's parsers (llhttp, nghttp2) gave the client and the service,
 * and node:zlib undoes each coded body. Bodies reach far beyond 64 KiB. SEED repeats a run.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer as createHttp1, type IncomingMessage, request as requestHttp1 } from "node:http";
import { type ClientHttp2Session, connect as connectHttp2, createServer as createHttp2 } from "node:http2";
import type { AddressInfo, Server } from "node:net";
import { after, describe, test } from "node:test";
import {
  brotliCompressSync,
  brotliDecompressSync,
  deflateSync,
  gunzipSync,
  gzipSync,
  inflateSync,
  zstdCompressSync,
  zstdDecompressSync,
} from "node:zlib";
import { startTapped, writeHttpBootstrap } from "./support/http-tap-harness.ts";
import { until } from "./support/proxy-harness.ts";
import { Random } from "./support/random.ts";
import { listTraces, readBinaryTrace } from "./support/read-traces.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const random = new Random(Number(process.env["SEED"] ?? Date.now() % 1_000_000));
const note = `SEED=${random.seed}`;
const folder = makeTemporaryFolder();
after(folder.remove);

const CODINGS: Readonly<
  Record<string, readonly [code: (bytes: Uint8Array) => Buffer, decode: (bytes: Uint8Array) => Buffer]>
> = {
  gzip: [gzipSync, gunzipSync],
  deflate: [deflateSync, inflateSync],
  br: [brotliCompressSync, brotliDecompressSync],
  zstd: [zstdCompressSync, zstdDecompressSync],
};

/** Lengths around what chunks, frames, windows and buffers hold. */
const SIZES = [0, 1, 16_383, 16_384, 16_385, 65_535, 65_536, 65_537, 131_073, 300_000];

interface Message {
  readonly headers: Readonly<Record<string, string>>;
  /** As it is sent, in pieces. */
  readonly pieces: readonly Buffer[];
  readonly trailers: Readonly<Record<string, string>>;
  /** Before its coding. */
  readonly content: Buffer;
}

function makeMessage(hasBody: boolean): Message {
  const coding = random.chance(2) ? undefined : random.pick(Object.keys(CODINGS));
  const size = hasBody ? Math.max(0, random.pick(SIZES) + (random.chance(2) ? random.below(1000) : 0)) : 0;
  const unit = Buffer.from(random.bytes(500));
  const content = Buffer.alloc(size, unit.length === 0 ? "x" : unit);
  const body = coding === undefined || !hasBody ? content : CODINGS[coding]![0](content);
  const pieces: Buffer[] = [];
  for (let from = 0; from < body.length; ) {
    const length = random.pick([1, 100, 16_384, 70_000, body.length]);
    pieces.push(body.subarray(from, from + length));
    from += length;
  }
  const fields = (prefix: string) =>
    Object.fromEntries(random.list(4, () => [`${prefix}-${random.below(1000)}`, `v${random.below(1e9)}`]));
  return {
    headers: { ...fields("x"), ...(coding !== undefined && hasBody && { "content-encoding": coding }) },
    pieces: pieces.slice(0, 200),
    trailers: hasBody && random.chance(2) ? fields("t") : {},
    content: pieces.length > 200 ? Buffer.alloc(0) : content,
  };
}

/** A message as a peer's parser gave it. */
interface Heard {
  readonly headers: Record<string, unknown>;
  readonly body: Buffer;
  readonly trailers: Record<string, unknown>;
}

async function hear(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

for (const http of [1, 2] as const)
  describe(`HTTP/${http} (${note})`, () => {
    test("traces hold what the peers' parsers gave", async () => {
      const replies = new Map<string, Message>();
      const asked = new Map<string, Heard>();
      const answered = new Map<string, Heard>();
      const answer = async (request: IncomingMessage, response: import("node:http").ServerResponse) => {
        const path = request.url!;
        asked.set(path, { headers: request.headers, body: await hear(request), trailers: request.trailers });
        const { headers, pieces, trailers } = replies.get(path)!;
        const names = Object.keys(trailers);
        response.writeHead(200, { ...headers, ...(http === 1 && names.length > 0 && { trailer: names.join() }) });
        for (const piece of pieces) response.write(piece);
        if (names.length > 0) response.addTrailers(trailers);
        response.end();
      };
      const server: Server = http === 1 ? createHttp1(answer) : createHttp2(answer as never);
      await once(server.listen(0, "127.0.0.1"), "listening");
      const all = 4_294_967_295;
      const harness = await startTapped(
        writeHttpBootstrap((server.address() as AddressInfo).port, [
          `common_config: { static_config: { match: { any_match: true }, output_config: { max_buffered_rx_bytes: ${all}, max_buffered_tx_bytes: ${all}, sinks: [ { format: PROTO_BINARY, file_per_tap: { path_prefix: ${folder.path}/h${http}/t } } ] } } }`,
        ]),
      );
      const session = http === 2 ? connectHttp2(`http://127.0.0.1:${harness.port}`) : undefined;
      const contents = new Map<string, readonly [Buffer, Buffer]>();
      for (let index = 0; index < COUNT; index++) {
        const path = `/${index}`;
        const request = makeMessage(random.chance(2));
        const reply = makeMessage(true);
        replies.set(path, reply);
        contents.set(path, [request.content, reply.content]);
        answered.set(path, await (session === undefined ? askHttp1 : askHttp2)(session ?? harness.port, path, request));
      }
      session?.close();
      if (session !== undefined) await once(session, "close");
      await until(() => harness.statistic("http.front.tap.rq_tapped") === COUNT, "all are tapped");
      await harness.stop();
      server.close();
      const traces = listTraces(`${folder.path}/h${http}`, ".pb").map((name) =>
        readBinaryTrace(`${folder.path}/h${http}`, name),
      );
      assert.equal(traces.length, COUNT, note);
      for (const { trace } of traces) {
        assert.equal(trace.case, "httpBufferedTrace");
        const { request, response } = trace.value as never as Record<
          "request" | "response",
          Parameters<typeof compare>[1]
        >;
        const path = request.headers.find(({ key }) => key === ":path")!.value;
        compare(`${note} ${path} request`, request, asked.get(path)!, contents.get(path)![0]);
        compare(`${note} ${path} response`, response, answered.get(path)!, contents.get(path)![1]);
      }
    });
  });

const COUNT = 25;

function compare(
  what: string,
  traced: {
    readonly headers: readonly { key: string; value: string }[];
    readonly trailers: readonly { key: string; value: string }[];
    readonly body?: { readonly bodyType: { readonly value?: Uint8Array }; readonly truncated: boolean };
  },
  heard: Heard,
  content: Buffer,
): void {
  const fields = (list: readonly { key: string; value: string }[]) => list.map(({ key, value }) => [key, value]);
  const pick = (of: Record<string, unknown>, prefix: string) =>
    Object.entries(of).filter(([name]) => name.startsWith(prefix) || name === "content-encoding");
  assert.deepEqual(pick(Object.fromEntries(fields(traced.headers)), "x-"), pick(heard.headers, "x-"), what);
  assert.deepEqual(fields(traced.trailers), Object.entries(heard.trailers), what);
  const body = Buffer.from(traced.body?.bodyType.value ?? []);
  assert.ok(body.equals(heard.body), `${what}: ${body.length} bytes, and its peer read ${heard.body.length}`);
  assert.notEqual(traced.body?.truncated, true, what);
  const coding = heard.headers["content-encoding"] as string | undefined;
  if (coding !== undefined && content.length > 0) assert.ok(CODINGS[coding]![1](body).equals(content), what);
}

async function askHttp1(port: unknown, path: string, { headers, pieces, trailers }: Message): Promise<Heard> {
  const names = Object.keys(trailers);
  const hasBody = pieces.length > 0 || names.length > 0;
  const request = requestHttp1({
    host: "127.0.0.1",
    port: port as number,
    path,
    method: hasBody ? "POST" : "GET",
    agent: false,
    headers: {
      ...headers,
      ...(hasBody && { "transfer-encoding": "chunked" }),
      ...(names.length > 0 && { trailer: names.join() }),
    },
  });
  for (const piece of pieces) request.write(piece);
  if (names.length > 0) request.addTrailers(trailers);
  request.end();
  const [response] = (await once(request, "response")) as [IncomingMessage];
  const body = await hear(response);
  return { headers: response.headers, body, trailers: response.trailers };
}

async function askHttp2(session: unknown, path: string, { headers, pieces, trailers }: Message): Promise<Heard> {
  const hasBody = pieces.length > 0;
  const names = Object.keys(trailers);
  const stream = (session as ClientHttp2Session).request(
    { ":path": path, ":method": hasBody ? "POST" : "GET", ...headers },
    { endStream: !hasBody, waitForTrailers: hasBody && names.length > 0 },
  );
  stream.on("wantTrailers", () => stream.sendTrailers(trailers));
  for (const piece of pieces) stream.write(piece);
  if (hasBody) stream.end();
  let heard: Record<string, unknown> = {};
  let after: Record<string, unknown> = {};
  stream.on("response", (head) => {
    heard = head;
  });
  stream.on("trailers", (head) => {
    after = head;
  });
  const body = await hear(stream);
  return { headers: heard, body, trailers: after };
}
