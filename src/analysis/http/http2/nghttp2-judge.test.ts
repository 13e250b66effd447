import assert from "node:assert/strict";
import { connect, performServerHandshake } from "node:http2";
import { duplexPair } from "node:stream";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { understand } from "../../../../test/support/conversation.ts";
import { Random } from "../../../../test/support/random.ts";
import type { Header } from "../../../model/index.ts";

const random = new Random(process.env["SEED"] === undefined ? undefined : Number(process.env["SEED"]));
const RUNS = Number(process.env["RUNS"] ?? 250);
/** Turns of the event loop without news, after which nothing more comes. */
const QUIET = 4;

test(`of damaged clients of HTTP/2 every request that nghttp2 takes is shown with its headers, seed ${random.seed}`, async () => {
  const whole = await recordClient();
  assert.equal((await judge(whole)).length, REQUESTS.length);
  let taken = 0;
  for (let run = 0; run < RUNS; run++) {
    const bytes = run === 0 ? whole : damage(whole);
    const theirs = await judge(bytes);
    const { exchanges } = understand([["client", bytes]]);
    const ours = exchanges.flatMap(({ request }) => (request === undefined ? [] : [request.headers]));
    for (const request of theirs)
      assert.ok(
        ours.some((headers) => isSame(headers, request)),
        `run ${run}: ${JSON.stringify(request)} is not in ${JSON.stringify(ours)}`,
      );
    taken += theirs.length;
  }
  assert.ok(taken > RUNS, `${taken} requests were taken`);
});

type Fields = readonly (readonly [name: string, value: string])[];

/** All fields, in their order; nghttp2 leaves those out that RFC 9113 §8.2.1 calls malformed, which are shown. */
function isSame(ours: readonly Header[], theirs: Fields): boolean {
  let at = 0;
  for (const { name, value } of ours) {
    const [theirName, theirValue] = theirs[at] ?? [];
    if (name === theirName && value === theirValue) at++;
    else if (name !== undefined && value !== undefined && !isMalformed(name, value)) return false;
  }
  return at === theirs.length;
}

function isMalformed(name: string, value: string): boolean {
  return !/^:?[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name) || /[\0-\x08\x0a-\x1f\x7f]|^[ \t]|[ \t]$/.test(value);
}

const REQUESTS: readonly Readonly<Record<string, string | string[]>>[] = [
  { ":path": "/first?a=b", "user-agent": "judge/1", accept: "*/*" },
  { ":path": "/second", ":method": "POST", "content-type": "application/json", "x-twice": ["one", "two"] },
  { ":path": "/third", "x-long": "v".repeat(300), "x-bytes": "~|}{^`" },
  { ":path": "/fourth", "user-agent": "judge/1", accept: "*/*", cookie: "a=b; c=d" },
  { ":path": "/fifth", ":method": "DELETE", "x-empty": "" },
];

/** The bytes of a real client: its preface, five requests, one with a body, and what it acknowledges. */
async function recordClient(): Promise<Buffer> {
  const [client, server] = duplexPair();
  const sent: Buffer[] = [];
  const write = client._write;
  client._write = (chunk: Buffer, ...rest) => {
    sent.push(Buffer.from(chunk));
    write.call(client, chunk, ...rest);
  };
  performServerHandshake(server).on("stream", (stream) => {
    stream.resume();
    stream.respond({ ":status": 204 }, { endStream: true });
  });
  const session = connect("http://judge.example", { createConnection: () => client });
  for (const headers of REQUESTS) {
    const stream = session.request(headers, { endStream: headers[":method"] !== "POST" });
    stream.resume();
    if (headers[":method"] === "POST") stream.end("{}".repeat(40));
    await new Promise((resolve) => stream.on("close", resolve));
  }
  session.destroy();
  return Buffer.concat(sent);
}

/** One byte other, missing or twice, or the end. */
function damage(bytes: Buffer): Buffer {
  const at = random.below(bytes.length);
  const other = Buffer.from(bytes);
  other[at] = random.chance(2) ? random.below(256) : other[at]! ^ (1 << random.below(8));
  return random.pick([
    other,
    other,
    other,
    Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]),
    Buffer.concat([bytes.subarray(0, at + 1), bytes.subarray(at)]),
    bytes.subarray(0, at),
  ]);
}

/** The requests that nghttp2 makes of a client's bytes. */
async function judge(bytes: Buffer): Promise<Fields[]> {
  const [client, server] = duplexPair();
  client.on("error", () => {}).resume();
  server.on("error", () => {});
  const requests: Fields[] = [];
  const session = performServerHandshake(server);
  let news = 0;
  session.on("error", () => {});
  session.on("stream", (stream, _headers, _flags, raw) => {
    stream.on("error", () => {});
    news++;
    const list = raw as unknown as string[];
    requests.push(list.flatMap((name, i) => (i % 2 === 0 ? [[name, list[i + 1]!]] : [])));
  });
  client.write(bytes);
  for (let quiet = 0, seen = -1; quiet < QUIET; quiet = news === seen ? quiet + 1 : 0) {
    seen = news;
    await turn();
  }
  session.destroy();
  client.destroy();
  return requests;
}
