import assert from "node:assert/strict";
import { test } from "node:test";
import type { HttpExchange } from "../src/model/index.ts";
import { type NumberedSegment, understandPackets } from "./support/http1-packets.ts";
import { Random } from "./support/random.ts";
import { converseInWindow, type WindowedShape } from "./support/windowed-http1.ts";

type Capture = (sent: readonly NumberedSegment[], random: Random) => NumberedSegment[];

/** Clients that keep so many requests on their way, on the machine of their server: nothing but the count of answers tells. */
const WINDOW: WindowedShape = { pairs: 30, first: 4, refill: 1, together: 0, largestBody: 0 };
const PIPELINING: Readonly<Record<string, WindowedShape>> = {
  "a window of two": { ...WINDOW, first: 2, together: 8 },
  "a window of two, one answer at a time": { ...WINDOW, first: 2 },
  "a window of four": { ...WINDOW, together: 12 },
  "a window of four, one answer at a time": WINDOW,
  "a window of ten, with bodies": { ...WINDOW, first: 10, together: 8, largestBody: 1200 },
  "two at once, and then in turn": { ...WINDOW, first: 2, refill: 0 },
};
const IN_TURN: Readonly<Record<string, WindowedShape>> = {
  "in turn": { ...WINDOW, first: 1 },
  "in turn, with bodies": { ...WINDOW, first: 1, largestBody: 2000 },
  "in turn, and its first body waits for 100": { ...WINDOW, first: 1, largestBody: 2000, expects: true },
};
/** Packets of a handshake, before the first request. */
const HANDSHAKE = 3;
const late: Capture = (sent, random) => sent.slice(4 + random.below(sent.length >> 1));
const lose =
  (perMille: number): Capture =>
  (sent, random) =>
    sent.filter(() => random.below(1000) >= perMille);
const cut =
  (length: number): Capture =>
  (sent) =>
    sent.map((segment) => ({ ...segment, cut: Math.max(0, 54 + (segment.data?.length ?? 0) - length) }));
const CAPTURES: Readonly<Record<string, Capture>> = {
  whole: (sent) => [...sent],
  "its first requests missing": (sent) => sent.filter((_, i) => i !== HANDSHAKE),
  "joined late": late,
  "cut at 128 bytes": cut(128),
  "cut at 200 bytes": cut(200),
  "0.5 % lost": lose(5),
  "3 % lost": lose(30),
  "one way": (sent) => sent.filter(({ from }) => from === "S"),
};

for (const [how, capture] of Object.entries(CAPTURES))
  test(`clients that keep a window of requests, captured ${how}: no wrong pair but one that says so`, () => {
    for (const [name, shape] of Object.entries(PIPELINING)) {
      const random = new Random(4711);
      for (let round = 0; round < 8; round++) {
        const sent = converseInWindow(random, 10_000 + round, { ...shape, pairs: 3 + random.below(28) });
        checkPairs(understandPackets(capture(sent, random)).exchanges as HttpExchange[], `${name}, round ${round}`);
      }
    }
  });

for (const [how, capture] of Object.entries({ ...CAPTURES, "joined late, and ended early": between }))
  test(`clients that ask in turn, captured ${how}: their pairs are no guess`, () => {
    for (const [name, shape] of Object.entries(IN_TURN)) {
      const random = new Random(4711);
      let [pairs, guesses] = [0, 0];
      for (let round = 0; round < 8; round++) {
        const captured = capture(converseInWindow(random, 10_000 + round, { ...shape, pairs: 60 }), random);
        const found = checkPairs(understandPackets(captured).exchanges as HttpExchange[], `${name}, round ${round}`);
        pairs += found.pairs;
        guesses += found.guesses;
      }
      // Behind what was missed there is one that may be another's.
      const most = how.endsWith("lost") || how.endsWith("missing") ? 0.05 * pairs : 0;
      assert.ok(guesses <= most && (pairs > 100 || how === "one way"), `${name}: ${guesses} of ${pairs} are a guess`);
    }
  });

function between(sent: readonly NumberedSegment[], random: Random): NumberedSegment[] {
  const rest = late(sent, random);
  return rest.slice(0, 20 + random.below(rest.length - 20));
}

test("a connection is joined late that tells nothing, of a client whose other connections pipeline: its pairs are a guess", () => {
  const random = new Random(4711);
  const joined = converseInWindow(random, 10_000, WINDOW);
  // The capture ends before the answers that are too many.
  const quiet = joined.slice(
    12,
    joined.findIndex(({ carries }) => carries === "r27"),
  );
  const other = converseInWindow(random, 10_001, WINDOW);
  assert.ok(pairsOf(10_000, [...other, ...quiet]).every(isGuess));
  assert.ok(!pairsOf(10_000, quiet).some(isGuess));
});

test("of such a client one that has all its answers when both ends are done asked in turn, but where their heads were cut off", () => {
  const random = new Random(4711);
  const other = converseInWindow(random, 10_001, WINDOW);
  const joined = converseInWindow(random, 10_000, { ...WINDOW, first: 1 }).slice(12);
  assert.ok(!pairsOf(10_000, [...other, ...joined]).some(isGuess));
  assert.ok(pairsOf(10_000, [...other, ...cut(80)(joined, random)]).every(isGuess));
});

test("more is missing at the start than any request takes, and nothing tells how many it was: all pairs are a guess", () => {
  const sent = converseInWindow(new Random(4711), 10_000, WINDOW);
  const end = sent.findIndex(({ carries }) => carries === "r27");
  assert.ok(pairsOf(10_000, sent.slice(0, end).toSpliced(HANDSHAKE, 1)).every(isGuess));
});

function isGuess({ problems }: HttpExchange): boolean {
  return problems.includes("uncertain-pairing");
}

/** Its connection's exchanges that have both messages: many. */
function pairsOf(port: number, captured: readonly NumberedSegment[]): HttpExchange[] {
  const pairs = (understandPackets(captured).exchanges as HttpExchange[]).filter(
    ({ connection: { remote, local }, request, response }) =>
      request !== undefined &&
      response !== undefined &&
      [remote, local].some((end) => end?.kind === "ip" && end.port === port),
  );
  assert.ok(pairs.length > 15);
  return pairs;
}

test("a server that gives an idle client up says nothing of pipelining", () => {
  const sent = converseInWindow(new Random(4711), 10_000, { ...WINDOW, first: 1, pairs: 20 });
  const last = sent.at(-2)!;
  const timeout = "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  const server = sent.at(-1)!;
  const said = { ...server, flags: "A", acknowledgment: last.sequence, data: timeout };
  const exchanges = understandPackets([...sent.slice(8, -2), said]).exchanges as HttpExchange[];
  assert.ok(exchanges.length > 15);
  for (const { problems } of exchanges) assert.ok(!problems.includes("uncertain-pairing"));
});

test("a connection is joined at the answer to a HEAD: its client asks in turn", () => {
  const sent = converseInWindow(new Random(4711), 10_000, { ...WINDOW, first: 1, pairs: 20 });
  const head = sent.findIndex(({ carries }) => carries === "r3");
  const answer = sent[head]!;
  const text = String(answer.data);
  const data = text.slice(0, text.indexOf("\r\n\r\n") + 4);
  const shorter = text.length - data.length;
  const moved = sent.slice(head + 1).map((segment) => {
    if (segment.from === "S") return { ...segment, sequence: segment.sequence - shorter };
    return { ...segment, acknowledgment: (segment.acknowledgment ?? 0) - shorter };
  });
  const exchanges = understandPackets([{ ...answer, data }, ...moved]).exchanges as HttpExchange[];
  assert.ok(exchanges.length > 15);
  for (const { problems } of exchanges) assert.ok(!problems.includes("uncertain-pairing"));
});

/** None has another's response without saying so. */
function checkPairs(exchanges: readonly HttpExchange[], name: string): { pairs: number; guesses: number } {
  let [pairs, guesses] = [0, 0];
  for (const { request, response, problems, quality } of exchanges) {
    const owner = response?.headers.find(({ name }) => name === "X-For")?.value;
    if (request?.target === undefined || owner === undefined) continue;
    pairs++;
    const isMarked = problems.includes("uncertain-pairing");
    if (isMarked) guesses++;
    // A target that was cut off is the beginning of one.
    const isRight =
      request.target === `/${owner}` || (quality === "truncated" && `/${owner}`.startsWith(request.target));
    assert.ok(isRight || isMarked, `${name}: ${request.target} has the response to /${owner}, ${quality}`);
  }
  return { pairs, guesses };
}
