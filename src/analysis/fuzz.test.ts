/**
 * Mutated conversations: flips, cuts, drops, duplicates and reorders, in pieces of any size, with tight and with default limits.
 * Nothing may throw, the ledger balances, nothing stays reserved, no byte is told of that was not in the input, and whoever
 * watches streams is told of them as the contract says, so that taps keep nothing and count every byte.
 *
 * Runs for TAPLINE_FUZZ_SECONDS (2 by default); TAPLINE_FUZZ_SEED repeats a run.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createMemoryTap } from "../../test/support/memory-http-tap.ts";
import { type DirectedBytes, mutatePieces } from "../../test/support/mutate-pieces.ts";
import { Random } from "../../test/support/random.ts";
import { StreamContract } from "../../test/support/stream-contract.ts";
import { viewAsHttp } from "../../test/support/view-as-http.ts";
import {
  type Connection,
  type Direction,
  type Exchange,
  type HttpExchange,
  Ledger,
  MemoryBudget,
  type SocketEvent,
} from "../model/index.ts";
import { Analyzer } from "./analyzer.ts";
import type { AnalysisLimits } from "./limits.ts";

const CONVERSATIONS: readonly (readonly DirectedBytes[])[] = [
  [
    client("GET /a HTTP/1.1\r\nHost: h\r\nX: 1\r\n\r\nHEAD /b HTTP/1.1\r\nHost: h\r\n\r\n"),
    server("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello worldHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"),
    client("POST /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"),
    server("HTTP/1.1 100 Continue\r\n\r\n"),
    client("5;x=y\r\nabcde\r\nA\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n"),
    server("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
    client("GET /d HTTP/1.0\r\nFolded: a\r\n b\r\n\r\n"),
    server("HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nuntil the end"),
  ],
  [
    client("GET /events HTTP/1.1\r\nHost: h\r\n\r\n"),
    server("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\nevent: x\r\ndata: 2\r\n\r\n"),
    server(": comment\n\ndata: 3\n\n"),
  ],
  [
    client("CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n"),
    server("HTTP/1.1 200 OK\r\n\r\n"),
    client("PUT /in/tunnel HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"),
    server("HTTP/1.1 204 No Content\r\n\r\n"),
  ],
  [
    client("GET /chat HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"),
    server("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n"),
    server(
      Uint8Array.of(0x81, 5, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x01, 1, 0x41, 0x89, 0, 0x80, 1, 0x42, 0x88, 2, 3, 0xe8),
    ),
    client(Uint8Array.of(0x82, 0x83, 0, 0, 0, 0, 1, 2, 3, 0x8a, 0x80, 0, 0, 0, 0)),
  ],
  [
    client("GET /chat HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"),
    server(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
    ),
    server(Uint8Array.of(0xc1, 7, 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 7, 0, 0xc1, 5, 0xf2, 0, 0x11, 0, 0)),
    client(Uint8Array.of(0xc1, 0x87, 0, 0, 0, 0, 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 7, 0)),
  ],
  [
    server("220 mail ESMTP\r\n"),
    client("EHLO me\r\n"),
    server("250 STARTTLS\r\n"),
    client("STARTTLS\r\n"),
    server("220 go\r\n"),
  ],
  [
    client("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"),
    server("\0\0\0\x04\0\0\0\0\0\0\0\0\x04\x01\0\0\0\0"),
    client("\0\0\x03\x01\x05\0\0\0\x01\x82\x84\x86"),
    server("\0\0\x01\x01\x04\0\0\0\x01\x88\0\0\x05\0\x01\0\0\0\x01hello"),
  ],
];

/** Conversations in which a tap once kept bytes for good. */
const LEAKS: readonly (readonly DirectedBytes[])[] = [
  [
    client("G T / HTTP/1.1\r\nHost: x\r\n\r\n"),
    server("HTTP/1.1 200 OK\r\nfoo: bar\r\n\r\nabc"),
    client("GET / HTTP/1.1\r\n\r\n"),
  ],
  [
    client("GET /0 HTTP/1.1\r\nHost: a\r\n\r\n"),
    server("HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\naaaaaaaaaa"),
    client("GET /1 HTTP/1.1\r\nhost: a\r\n\r\n".repeat(300)),
    server("bbbbbbbbbb"),
  ],
  [
    client("GET /0 HTTP/1.1\r\nHost: a\r\n\r\n"),
    server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"),
    client("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\nxxxxxxxxxx"),
    server("\x01\x02garbage\r\n\r\n"),
    client("yyyyyyyyyy"),
  ],
  [
    client("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"),
    server("\0\0\0\x04\0\0\0\0\0"),
    client("\0\0\x03\x01\x04\0\0\0\x01\xff\x80\x01\0\0\x03\0\0\0\0\0\x01xxx"),
    client("\0\0\x03\x01\x04\0\0\0\x01\xff\x80\x01\0\0\x03\0\0\0\0\0\x01xxx"),
  ],
  [
    client("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"),
    server("\0\0\0\x04\0\0\0\0\0"),
    client("\0\0\x18\x01\x04\0\0\0\x01\x02\x07CONNECT\x01\x0dexample.org:8"),
    server("\0\0\x01\x01\x04\0\0\0\x01\x88"),
    client("\0\0\x35\0\0\0\0\0\x01POST /in HTTP/1.1\r\nHost: b\r\nContent-Length: 90\r\n\r\nzz"),
    client("\0\0\0\0\x01\0\0\0\x01"),
    server("\0\0\0\0\x01\0\0\0\x01"),
  ],
];

const TIGHT: Partial<AnalysisLimits> = {
  connectionBytes: 4096,
  detectionBytes: 40,
  headBytes: 60,
  headerCount: 1,
  bodyBytes: 4,
  pendingExchanges: 1,
  upgradeBytes: 4,
  streams: 1,
  messages: 1,
  messageBytes: 2,
};

test("mutated conversations", (context) => {
  const seconds = Number(process.env["TAPLINE_FUZZ_SECONDS"] ?? 2);
  const random = new Random(
    process.env["TAPLINE_FUZZ_SEED"] === undefined ? undefined : Number(process.env["TAPLINE_FUZZ_SEED"]),
  );
  const until = performance.now() + seconds * 1000;
  let rounds = 0;
  let exchanges = 0;
  do {
    const base = random.pick(random.chance(3) ? LEAKS : CONVERSATIONS);
    const pieces = mutatePieces(base, random);
    const where = `seed ${random.seed}, round ${rounds}`;
    try {
      exchanges += play(pieces, random);
    } catch (error) {
      throw new Error(`${where}: ${JSON.stringify(pieces.map(({ direction, bytes }) => [direction, latin1(bytes)]))}`, {
        cause: error,
      });
    }
    rounds++;
  } while (performance.now() < until);
  context.diagnostic(`seed ${random.seed}: ${rounds} conversations, ${exchanges} exchanges`);
  assert.ok(exchanges > rounds / 2, "hardly anything was understood");
});

test("taps keep nothing of conversations that are given up", () => {
  const random = new Random(1);
  for (const [index, pieces] of LEAKS.entries())
    for (let times = 0; times < 20; times++)
      try {
        play(pieces, random);
      } catch (error) {
        throw new Error(`conversation ${index}`, { cause: error });
      }
});

/** Gives how many exchanges came out. */
function play(pieces: readonly DirectedBytes[], random: Random): number {
  const exchanges: HttpExchange[] = [];
  const budget = new MemoryBudget(random.chance(10) ? 300 : 1024 * 1024);
  const tapLedger = new Ledger();
  const tapBudget = new MemoryBudget(random.chance(10) ? 40 : 1024 * 1024);
  const taps = [true, false].map((streaming) => createMemoryTap(streaming, tapBudget, tapLedger));
  const streams: StreamContract[] = [];
  const analyzer = new Analyzer({
    observeStream: (downstream) => {
      const stream = new StreamContract(taps.flatMap((tap) => tap.open(downstream, () => undefined)));
      streams.push(stream);
      return stream;
    },
    emit: (exchange) => exchanges.push(viewAsHttp(exchange)),
    ...(random.chance(2) ? { progress: (exchange: Exchange) => assertFromInput(viewAsHttp(exchange), seen) } : {}),
    ...(random.chance(3) ? { limits: TIGHT } : {}),
    budget,
  });
  const seen: Record<Direction, number[]> = { read: [], write: [] };
  const connection: Connection = {
    id: 1n,
    transport: "tcp",
    local: undefined,
    remote: undefined,
    role: random.pick(["server", "unknown"]),
    ...(random.chance(3) ? {} : { opened: { seconds: 0, nanos: 0 } }),
  };
  let seconds = 0;
  const observe = (event: object) => {
    const time = { seconds: seconds++, nanos: 0 };
    analyzer.observe({ connection, time, ...event } as SocketEvent);
  };
  for (const { direction, bytes } of pieces) {
    for (let at = 0; at < bytes.length; ) {
      const offset = seen[direction].length;
      const data = bytes.slice(at, at + 1 + random.below(random.pick([1, 8, 1000])));
      at += data.length;
      if (random.chance(40)) {
        const size = random.chance(4) ? {} : { size: data.length };
        observe({ kind: "gap", direction, offset, reason: random.pick(["lost-segment", "truncated"]), ...size });
        continue;
      }
      seen[direction].push(...data);
      observe({ kind: "data", direction, offset, data, endStream: random.chance(100) });
      data.fill(0xaa);
    }
  }
  if (random.chance(2)) observe({ kind: "close", how: random.pick(["fin", "reset", "timeout"]) });
  analyzer.finish();

  const book = analyzer.ledger.book("bytes");
  assert.ok(analyzer.ledger.balanced && book.buffered === 0, book.format());
  assert.equal(book.entered, seen.read.length + seen.write.length);
  assert.equal(budget.used, 0);
  assert.ok(streams.every(({ isOver }) => isOver));
  const tapped = tapLedger.book("tap-bytes");
  assert.ok(tapLedger.balanced && tapped.buffered === 0, tapped.format());
  const passed = streams.reduce((sum, { shown, skipped }) => sum + shown + skipped, 0);
  assert.equal(tapped.entered, taps.length * passed);
  assert.equal(tapBudget.used, 0);
  for (const exchange of exchanges) assertFromInput(exchange, seen);
  return exchanges.length;
}

/** Everything reported for one direction occurs in its bytes: text in one piece, a body as a subsequence (chunks lie apart). */
function assertFromInput(
  { protocol, request, response, messages, application, problems }: HttpExchange,
  seen: Record<Direction, number[]>,
): void {
  if (protocol === "h2") return;
  const inputs = [latin1(seen.read), latin1(seen.write)];
  const texts = [request?.method, request?.target, response?.reason];
  for (const message of [request, response]) {
    if (message === undefined) continue;
    for (const { name, value } of [...message.headers, ...message.trailers]) texts.push(name, ...value!.split(/\s+/));
    assert.ok(message.body.bytes.length <= message.body.size);
    assert.ok(
      inputs.some((input) => isSubsequence(latin1(message.body.bytes), input)),
      latin1(message.body.bytes),
    );
  }
  for (const text of texts) assert.ok(text === undefined || inputs.some((input) => input.includes(text)), text);
  const isPlain = application[0]?.name === "sse" || !response?.headers.some(({ name }) => /extensions/i.test(name!));
  const isMasked = problems.includes("wrong-masking");
  for (const { bytes, from } of messages ?? [])
    if (isPlain && !isMasked && from === "server")
      assert.ok(
        inputs.some((input) => isSubsequence(latin1(bytes), input)),
        latin1(bytes),
      );
}

function isSubsequence(text: string, input: string): boolean {
  let at = 0;
  for (let i = 0; i < input.length && at < text.length; i++) if (input[i] === text[at]) at++;
  return at === text.length;
}

function client(bytes: string | Uint8Array): DirectedBytes {
  return { direction: "read", bytes: Buffer.from(bytes as string, "latin1") };
}

function server(bytes: string | Uint8Array): DirectedBytes {
  return { direction: "write", bytes: Buffer.from(bytes as string, "latin1") };
}

function latin1(bytes: ArrayLike<number>): string {
  return Buffer.from(bytes as Uint8Array).toString("latin1");
}
