import assert from "node:assert/strict";
import { test } from "node:test";
import { buildExchange } from "../../../../test/support/build-exchange.ts";
import { checkHar } from "../../../../test/support/check-har.ts";
import { conversePackets, understandPackets } from "../../../../test/support/http1-packets.ts";
import { Random } from "../../../../test/support/random.ts";
import type { Connection, Exchange, ExchangeTimes, HttpExchange } from "../../../model/index.ts";
import { Fields } from "../../../wire/json/fields.ts";
import { EXCHANGE_CODEC, exchangeDocument } from "../../protocols/index.ts";
import { harEntry } from "./har-entry.ts";

const at = (millis: number) => ({ seconds: 1_700_000_000 + Math.floor(millis / 1000), nanos: (millis % 1000) * 1e6 });

/** The moments of an exchange, by milliseconds, and what its entry says of them. */
const TIMES: readonly (readonly [
  name: string,
  times: ExchangeTimes,
  began: number,
  timings: Record<string, number>,
])[] = [
  [
    "the handshakes belong to a request that follows them",
    {
      connectStart: at(0),
      connectEnd: at(2),
      tlsStart: at(2),
      tlsEnd: at(6),
      requestStart: at(7),
      requestEnd: at(8),
      responseStart: at(20),
      responseEnd: at(25),
    },
    0,
    { blocked: 1, dns: -1, connect: 6, ssl: 4, send: 1, wait: 12, receive: 5 },
  ],
  [
    "a client that was idle for three seconds did not wait",
    {
      connectStart: at(0),
      connectEnd: at(2),
      requestStart: at(3002),
      requestEnd: at(3003),
      responseStart: at(3005),
      responseEnd: at(3007),
    },
    3002,
    { blocked: -1, dns: -1, connect: -1, ssl: -1, send: 1, wait: 2, receive: 2 },
  ],
  [
    "joined within TLS's handshake: connect is no shorter than ssl",
    {
      tlsStart: at(1),
      tlsEnd: at(4),
      requestStart: at(4),
      requestEnd: at(5),
      responseStart: at(6),
      responseEnd: at(7),
    },
    1,
    { blocked: 0, dns: -1, connect: 3, ssl: 3, send: 1, wait: 1, receive: 1 },
  ],
  [
    "an answer before the request's end",
    { requestStart: at(0), requestEnd: at(10), responseStart: at(4), responseEnd: at(12) },
    0,
    { blocked: -1, dns: -1, connect: -1, ssl: -1, send: 4, wait: 0, receive: 8 },
  ],
];

const [EXCHANGE] = understandPackets(
  conversePackets(new Random(7), 4000, { pairs: 1, pipelined: 1, acknowledges: true }),
).exchanges as HttpExchange[];

for (const [name, times, began, timings] of TIMES)
  test(name, () => {
    const entry = harEntry({ ...EXCHANGE!, times }) as { startedDateTime: string; time: number; timings: object };
    assert.deepEqual(entry.timings, timings);
    assert.equal(Date.parse(entry.startedDateTime), 1_700_000_000_000 + began);
    // Start and time describe one interval: it ends with the response.
    const end = times.responseEnd!;
    assert.equal(began + entry.time, (end.seconds - 1_700_000_000) * 1000 + end.nanos / 1e6);
  });

test("what is written is read back, but for the exchange's number in the run", () => {
  const random = new Random(11);
  const sent = conversePackets(random, 4000, { pairs: 20, pipelined: 2, acknowledges: true });
  const { exchanges } = understandPackets(sent.filter(() => !random.chance(40)));
  assert.ok(exchanges.length > 10);
  for (const exchange of exchanges) {
    const entry = JSON.parse(JSON.stringify(EXCHANGE_CODEC.writeHarEntry(exchange)!));
    const again = EXCHANGE_CODEC.readHarEntry(new Fields(entry), {
      id: exchange.id,
      connectionFor: (_, make) => make(),
    });
    assert.deepEqual(documentOf(again), documentOf(exchange));
  }
});

test("a reason that is empty is told from none", () => {
  const { reason: _, ...none } = EXCHANGE!.response!;
  for (const response of [none, { ...none, reason: "" }, { ...none, reason: "OK" }]) {
    const exchange = { ...EXCHANGE!, response };
    const entry = new Fields(JSON.parse(JSON.stringify(harEntry(exchange))));
    const again = EXCHANGE_CODEC.readHarEntry(entry, { id: exchange.id, connectionFor: (_id, make) => make() });
    assert.deepEqual(documentOf(again), documentOf(exchange));
  }
});

test("durations that a HAR does not say are unknown, also when it is read from ours", () => {
  const REST = {
    request: { method: "GET", url: "http://a/", headers: [] },
    response: { status: 200, headers: [] },
  };
  const CASES: readonly (readonly [entry: object, moments: string])[] = [
    [{ time: 9, timings: { blocked: 1, send: 2, wait: 3, receive: 4 } }, "1 3 6 10"],
    [{ time: -1, timings: { send: -1, wait: -1, receive: -1 } }, "0 ? ? ?"],
    [{ time: 80, timings: { send: -1, wait: -1, receive: -1 } }, "0 ? ? 80"],
    [{ time: 0 }, "0 ? ? ?"],
    [{ timings: { send: -1, wait: 40, receive: 5 } }, "0 ? 40 45"],
    [{ time: 41, timings: { send: 1, wait: -1, receive: 5 } }, "0 1 ? 41"],
    [{ timings: { send: 0, wait: 1e300, receive: 0 } }, "0 0 ? ?"],
    [{ timings: { send: 0, wait: 0, receive: 0 } }, "0 0 0 0"],
    [
      { timings: { send: 1, wait: 3, receive: 4 }, response: { status: -1, _failureText: "refused" } },
      "0 1 ? ? refused",
    ],
    [{ timings: { send: 1, wait: 3, receive: 4 }, response: { status: 0, _error: "net::X" } }, "0 1 ? ? net::X"],
  ];
  const context = { id: 1, connectionFor: (_: string, make: () => Connection) => make() };
  const read = (entry: object) => EXCHANGE_CODEC.readHarEntry(new Fields(entry as Record<string, unknown>), context);
  for (const [entry, moments] of CASES) {
    const first = read({ startedDateTime: "2023-11-14T22:13:20.000Z", ...REST, ...entry }) as HttpExchange;
    const again = read(JSON.parse(JSON.stringify(harEntry(first))));
    for (const { times, problems } of [first, again as HttpExchange]) {
      const found = (["requestStart", "requestEnd", "responseStart", "responseEnd"] as const).map((name) => {
        const moment = times[name];
        return moment === undefined ? "?" : (moment.seconds - 1_700_000_000) * 1000 + moment.nanos / 1e6;
      });
      assert.equal([...found, ...problems].join(" "), moments, JSON.stringify(entry));
    }
    assert.deepEqual(documentOf(again), documentOf(first));
  }
});

test("a request whose body is there is written with it, whatever is said of its size", () => {
  const context = { id: 1, connectionFor: (_: string, make: () => Connection) => make() };
  const read = (entry: object) => EXCHANGE_CODEC.readHarEntry(new Fields(entry as Record<string, unknown>), context);
  for (const bodySize of [-1, 0, 3, 5, 99, undefined]) {
    const request = {
      ...{ method: "PUT", url: "http://a/", headers: [], bodySize },
      postData: { mimeType: "text/plain", text: "hello" },
    };
    const entry = {
      startedDateTime: "2023-11-14T22:13:20.000Z",
      time: 1,
      request,
      response: { status: 204, headers: [] },
    };
    const first = read(entry);
    const written = JSON.parse(JSON.stringify(harEntry(first as HttpExchange)));
    assert.equal(written.request.postData?.text, "hello", String(bodySize));
    assert.deepEqual(documentOf(read(written)), documentOf(first), String(bodySize));
  }
});

test("`_tapline` repeats nothing of what HAR's own fields say, and tells what is not known from what is the same", () => {
  const { request, response } = EXCHANGE!;
  const again = (exchange: HttpExchange): [facts: Record<string, object>, read: Exchange] => {
    const entry = JSON.parse(JSON.stringify(harEntry(exchange)));
    const context = { id: exchange.id, connectionFor: (_: string, make: () => Connection) => make() };
    return [entry._tapline, EXCHANGE_CODEC.readHarEntry(new Fields(entry), context)];
  };
  const [facts] = again(EXCHANGE!);
  assert.deepEqual(Object.keys(facts["request"]!), ["target", "scheme", "authority"]);
  assert.deepEqual(facts["response"], {});

  const { finished: _, ...unfinished } = response!;
  const body = { ...request!.body, size: request!.body.size + 9, truncated: true };
  const odd = { ...EXCHANGE!, request: { ...request!, body, started: at(5) }, response: unfinished };
  const [told, read] = again(odd);
  assert.deepEqual(told["response"], { finished: null });
  assert.deepEqual(documentOf(read), documentOf(odd));
});

test("the connection is told as it is by then, though many entries have it", () => {
  const connection = { ...EXCHANGE!.connection };
  const factsNow = (): Record<string, unknown> =>
    (harEntry({ ...EXCHANGE!, connection }) as { _tapline: { connection: Record<string, unknown> } })._tapline
      .connection;
  assert.equal(factsNow(), factsNow());
  connection.tls = { sni: "a.example" };
  assert.deepEqual(JSON.parse(JSON.stringify(factsNow()["tls"])), { sni: "a.example" });
  connection.tls.alpn = "h2";
  assert.deepEqual(JSON.parse(JSON.stringify(factsNow()["tls"])), { sni: "a.example", alpn: "h2" });
  connection.closed = at(3);
  assert.equal(typeof factsNow()["closed"], "string");
});

function documentOf(exchange: Exchange): object {
  return JSON.parse(JSON.stringify(exchangeDocument(exchange)));
}

/** `Host` and target of a request, and its entry's URL: one that har-schema takes, and that is read again as the same request. */
const URLS: readonly (readonly [host: string, target: string, url: string])[] = [
  ["h:8080", "/a?b=c", "http://h:8080/a?b=c"],
  ["[::1]:80", "/a", "http://[::1]:80/a"],
  ["u:p@[2001:db8::1]", "/", "http://u:p@[2001:db8::1]/"],
  ["[::1", "/a", "http://%5B::1/a"],
  ["[1.2.3.4]", "/a", "http://%5B1.2.3.4%5D/a"],
  ["[::1%25eth0]", "/a", "http://%5B::1%25eth0%5D/a"],
  ["a@b@h", "/", "http://a%40b@h/"],
  ["h/x", "/a?b=c", "http://h%2Fx/a?b=c"],
  ["h?x#y", "/a?b=c", "http://h%3Fx%23y/a?b=c"],
  ["", "/a[1]#b", "http:///a%5B1%5D%23b"],
  ["h", "http://[::1/a", "http://%5B::1/a"],
  ["h", "https://o\\x/a?b#c", "https://o%5Cx/a?b%23c"],
  ["h", "*", "http://h/*"],
  ["é", "/ü%zz", "http://%C3%A9/%C3%BC%25zz"],
];

for (const [host, target, url] of URLS)
  test(`the URL of ${target} at ${host || "no host"}`, () => {
    const exchange = buildExchange({ method: "GET", target, authority: host });
    const entry = JSON.parse(JSON.stringify(harEntry(exchange)));
    assert.equal(entry.request.url, url);
    assert.deepEqual(checkHar({ log: { version: "1.2", creator: { name: "x", version: "1" }, entries: [entry] } }), []);
    const again = EXCHANGE_CODEC.readHarEntry(new Fields(entry), {
      id: exchange.id,
      connectionFor: (_id, make) => make(),
    });
    assert.equal((again as HttpExchange).request!.target, target);
  });

for (const scheme of ["", "ht tp", "1x", "h\0ttp", "http://", "é", "-"])
  test(`what a request tells as a scheme and is none (${JSON.stringify(scheme)}) is read again as it was told`, () => {
    const plain = buildExchange({ method: "GET", target: "/a", authority: "h" });
    const exchange: HttpExchange = { ...plain, request: { ...plain.request!, scheme } };
    const entry = JSON.parse(JSON.stringify(harEntry(exchange)));
    assert.equal(entry.request.url, "http://h/a");
    assert.deepEqual(checkHar({ log: { version: "1.2", creator: { name: "x", version: "1" }, entries: [entry] } }), []);
    const again = EXCHANGE_CODEC.readHarEntry(new Fields(entry), {
      id: exchange.id,
      connectionFor: (_id, make) => make(),
    });
    assert.equal((again as HttpExchange).request!.scheme, scheme);
  });
