import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "../../../test/support/random.ts";
import { hashText } from "./hash-text.ts";
import { RequestJoiner } from "./request-joiner.ts";
import type { RequestView } from "./request-view.ts";

const CONVERSATION = "tcp 10.0.0.1:1234 10.0.0.2:80";

function view(place: string, seconds: number, parts: Partial<RequestView> = {}): RequestView {
  return {
    place,
    standpoint: "wire",
    operation: "GET /cart",
    conversations: [CONVERSATION],
    started: { seconds: 1_700_000_000 + Math.floor(seconds), nanos: Math.round((seconds % 1) * 1e9) },
    ...parts,
  };
}

/** In any order: [what, views, how many requests they are]. */
const CASES: readonly [what: string, views: readonly RequestView[], requests: number][] = [
  ["of one connection at one time", [view("a", 0), view("b", 0.01)], 1],
  ["of one connection at other times", [view("a", 0), view("b", 3)], 2],
  ["of other connections", [view("a", 0), view("b", 0, { conversations: ["tcp x y"] })], 2],
  ["of other operations", [view("a", 0), view("b", 0, { operation: "GET /" })], 2],
  ["from one place", [view("a", 0), view("a", 0)], 2],
  ["without a time", [view("a", 0, { started: undefined }), view("b", 0, { started: undefined })], 2],
  ["through a known translation", [view("a", 0, { conversations: ["tcp a vip", CONVERSATION] }), view("b", 0)], 1],
  [
    "of one trace, on other connections, by clocks that disagree",
    [view("a", 0, { traceId: "t" }), view("b", 20, { traceId: "t", conversations: [] })],
    1,
  ],
  ["of other traces, on one connection", [view("a", 0, { traceId: "t" }), view("b", 0, { traceId: "u" })], 2],
  [
    "of one request identifier, of which only one saw the trace",
    [view("a", 0, { requestId: "r" }), view("b", 1, { requestId: "r", traceId: "t", conversations: [] })],
    1,
  ],
  ["of which one saw no identifier", [view("a", 0, { traceId: "t", requestId: "r" }), view("b", 0)], 1],
  ["of other positions on one connection", [view("a", 0, { position: 0 }), view("b", 0, { position: 1 })], 2],
  [
    "of a gateway and of the service behind it",
    [view("a", 0, { traceId: "t", service: "gateway" }), view("b", 0, { traceId: "t", service: "shop" })],
    2,
  ],
  [
    "of client, two sidecars and server, which see it on three connections",
    [
      view("client", 0, { requestId: "r", standpoint: "client" }),
      view("sidecar 1", 0, { requestId: "r", standpoint: "proxy", conversations: [CONVERSATION, "tcp c d"] }),
      view("sidecar 2", 0.01, { requestId: "r", standpoint: "proxy", conversations: ["tcp c d"] }),
      view("server", 0.02, { requestId: "r", standpoint: "server", conversations: ["tcp e f"] }),
    ],
    1,
  ],
];

for (const [what, views, requests] of CASES)
  test(`views ${what} are of ${requests} request${requests === 1 ? "" : "s"}`, () => {
    for (const order of [views, views.toReversed()]) {
      const joiner = new RequestJoiner();
      const found = new Set(order.map((one) => joiner.join(one).request));
      assert.equal(found.size, requests);
      assert.deepEqual(new Set([...found].flatMap((one) => one.views)), new Set(views), "each view is kept");
    }
  });

test("the server's view counts once it is there, and the one that counted is named", () => {
  const joiner = new RequestJoiner();
  const client = view("client", 0, { standpoint: "client" });
  const proxy = view("proxy", 0, { standpoint: "proxy" });
  const server = view("server", 0, { standpoint: "server" });
  const wire = view("wire", 0);
  const joins = [client, proxy, wire, server].map((one) => joiner.join(one));
  assert.deepEqual(
    joins.map(({ counts, uncounted }) => [counts, uncounted]),
    [
      [true, []],
      [true, [client]],
      [false, []],
      [true, [proxy]],
    ],
  );
  assert.equal(joins[3]!.request.counted, server);
  assert.deepEqual(joins[0]!.request.views, [client, proxy, wire, server]);
});

test("a view that shows two requests to be one unites them, and one counts", () => {
  const joiner = new RequestJoiner();
  const before = view("wire", 0);
  const behind = view("server", 0.01, { standpoint: "server", conversations: ["tcp c d"] });
  const proxy = view("proxy", 0, { standpoint: "proxy", conversations: [CONVERSATION, "tcp c d"] });
  for (const one of [before, behind]) assert.ok(joiner.join(one).counts);
  const { request, counts, uncounted } = joiner.join(proxy);
  assert.deepEqual([counts, uncounted, request.counted], [false, [before], behind]);
  assert.deepEqual(new Set(request.views), new Set([before, behind, proxy]));
  assert.equal(joiner.join(view("late", 0)).request, request);
});

test("many requests alike on one connection are joined one to one, by the nearest times", () => {
  const joiner = new RequestJoiner();
  const requests = Array.from({ length: 1000 }, (_, index) => index / 100);
  for (const seconds of requests) assert.ok(joiner.join(view("a", seconds)).counts);
  for (const seconds of requests) {
    const { request, counts } = joiner.join(view("b", seconds + 0.001));
    assert.equal(counts, false);
    assert.deepEqual(request.counted, view("a", seconds));
  }
});

test("no more requests are remembered than the limit, and what that cost is counted", () => {
  const joiner = new RequestJoiner({ requests: 100 });
  for (let index = 0; index < 250; index++) joiner.join(view("a", index, { conversations: [`tcp ${index % 7}`] }));
  assert.equal(joiner.forgotten, 150);
  assert.ok(joiner.join(view("b", 149, { conversations: [`tcp ${149 % 7}`] })).counts, "a request that was let go of");
  assert.equal(joiner.join(view("b", 200, { conversations: [`tcp ${200 % 7}`] })).counts, false);
});

test("whether it is the first view of a request is the same in short, however many places there are and however many are remembered", () => {
  for (let round = 0; round < 60; round++) {
    const random = new Random();
    const limits = { requests: 1 + random.below(12) };
    const joiners = [new RequestJoiner(limits), new RequestJoiner(limits), new RequestJoiner(limits)] as const;
    const places = 1 + random.below(3);
    for (let i = 0; i < 60; i++) {
      // The first places come alone.
      const place = String(random.below(Math.min(places, 1 + Math.floor(i / 20))));
      const one = view(place, random.below(20) / 4, {
        ...(random.chance(3) && { requestId: `r${random.below(12)}` }),
        ...(random.chance(4) && { traceId: `t${random.below(6)}` }),
        ...(random.chance(9) && { started: undefined }),
        operation: random.chance(4) ? "GET /" : "GET /cart",
      });
      const [whole, short, mixed] = joiners;
      const { isFirst, request } = whole.join(one);
      assert.equal(isFirst, request.views.length === 1, `seed ${random.seed}`);
      assert.equal(short.isFirst(one), isFirst, `seed ${random.seed}, view ${i}`);
      const mixedSays = random.chance(5) ? mixed.join(one).isFirst : mixed.isFirst(one);
      assert.equal(mixedSays, isFirst, `seed ${random.seed}, view ${i}`);
    }
    for (const { forgotten } of joiners) assert.equal(forgotten, joiners[0].forgotten, `seed ${random.seed}`);
  }
});

test("the requests of a long connection are not looked through for each that comes from the same place", () => {
  let looks = 0;
  const counted = (seconds: number, position: number): RequestView => ({
    ...view("a", seconds),
    position,
    get service() {
      looks++;
      return undefined;
    },
    get place() {
      looks++;
      return "a";
    },
  });
  const joiner = new RequestJoiner();
  const looksOf = (from: number, count: number) => {
    looks = 0;
    for (let index = from; index < from + count; index++) joiner.join(counted(index / 1000, index));
    return looks / count;
  };
  looksOf(0, 300);
  assert.ok(looksOf(300, 1000) < 10, `${looks} looks`);
  // Another place sees the connection, too: what both saw is one request.
  assert.equal(joiner.join({ ...view("b", 0.5), position: 500 }).isFirst, false);
  assert.equal(joiner.join({ ...view("b", 0.501), position: 501 }).isFirst, false);
  assert.equal(joiner.join({ ...view("c", 0.5), position: 500 }).isFirst, false);
});

test("requests whose identifiers have one number are told apart, and each is found", () => {
  const [first, second] = findAlike();
  const joiner = new RequestJoiner<RequestView>();
  const from = (place: string, requestId: string) => view(place, 0, { requestId, conversations: [] });
  const firsts = [from("a", first), from("b", second), from("c", second), from("d", first)].map((one) =>
    joiner.isFirst(one),
  );
  assert.deepEqual(firsts, [true, true, false, false]);
});

/** Two identifiers of the same number: among a hundred thousand there are some. */
function findAlike(): readonly [string, string] {
  const seen = new Map<number, string>();
  for (let number = 0; ; number++) {
    const id = `request-${number}`;
    const key = hashText(id, hashText("GET /cart", 0) + 2);
    const other = seen.get(key);
    if (other !== undefined) return [other, id];
    seen.set(key, id);
  }
}

test("what counts is the same whether it was asked for alone or with the request", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = new Random(seed);
    const [whole, short] = [new RequestJoiner({ requests: 20 }), new RequestJoiner({ requests: 20 })];
    // Mostly of one place at first: those are not looked at before another place's come.
    for (let i = 0; i < 60; i++) {
      const place = i < random.below(40) ? "a" : random.pick(["a", "b", "c"]);
      const standpoint = random.pick(["client", "proxy", "server", "wire"] as const);
      const one = { ...view(place, random.below(30) / 10), standpoint };
      const { counts, uncounted } = whole.join(one);
      const said = short.count(one);
      assert.deepEqual([said.counts, said.uncounted], [counts, uncounted], `seed ${seed}, view ${i}`);
    }
  }
});
