/**
 * As many times the connections, requests a connection, names of fields, terms of a filter or taps are as many times the work, and no more.
 * Work is counted, not timed.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { HttpExchange } from "../src/model/index.ts";
import { buildExchange } from "./support/build-exchange.ts";
import { WorkCounter } from "./support/count-work.ts";

// It sees only what is imported after it was made.
const counter = new WorkCounter();
const { Analyzer } = await import("../src/analysis/analyzer.ts");
const { DETECTORS } = await import("../src/analysis/detectors.ts");
const { compileFilter } = await import("../src/analysis/filter/index.ts");
const { Ledger, MemoryBudget } = await import("../src/model/index.ts");
const { ActiveTap, HttpTap } = await import("../src/tap/index.ts");
after(() => counter.stop());

type Filter = ReturnType<typeof compileFilter>;

/** How many conversations there are, and how each is. */
interface Traffic {
  readonly connections?: number;
  readonly requests?: number;
  /** Fields with a name that no other has, in each request. */
  readonly names?: number;
  readonly staysOpen?: true;
  readonly filter?: Filter;
}

const SMALL = 100;

const DIMENSIONS: Readonly<Record<string, (size: number) => Traffic>> = {
  connections: (size) => ({ connections: size }),
  "connections that stay open": (size) => ({ connections: size, staysOpen: true }),
  "requests a connection": (size) => ({ requests: size }),
  "distinct names of fields": (size) => ({ requests: size, names: 3 }),
  "terms of a filter": (size) => ({
    requests: 20,
    filter: compileFilter(
      Array.from({ length: size >> 1 }, (_, i) => `request.path.startsWith("/none/${i}")`).join("||"),
    ),
  }),
};

for (const [name, traffic] of Object.entries(DIMENSIONS))
  test(name, { timeout: 120_000 }, () => {
    // Prepares all that is prepared once.
    play(traffic(2));
    const [small, large] = [SMALL, SMALL * 4].map((size) => {
      const prepared = traffic(size);
      return counter.count(() => play(prepared));
    });
    const times = large! / small!;
    assert.ok(times <= 4.6, `four times as many are ${times.toFixed(1)} times the work`);
  });

function play({ connections = 1, requests = 1, names = 0, staysOpen, filter }: Traffic): void {
  let exchanges = 0;
  const analyzer = new Analyzer({
    emit: (exchange) => {
      exchanges++;
      filter?.matches("exchange", exchange);
    },
    ledger: new Ledger(),
    budget: new MemoryBudget(2 ** 28),
    detectors: DETECTORS,
  });
  const time = { seconds: 1, nanos: 0 };
  for (let number = 0; number < connections; number++) {
    const connection = {
      id: BigInt(number),
      transport: "tcp",
      local: { kind: "ip", address: "10.0.0.2", port: 80 },
      remote: { kind: "ip", address: "10.0.0.1", port: 10_000 + number },
      role: "server",
      opened: time,
    } as const;
    const offsets = { read: 0, write: 0 };
    const send = (direction: "read" | "write", text: string) => {
      const data = new Uint8Array(Buffer.from(text));
      analyzer.observe({ kind: "data", connection, time, direction, offset: offsets[direction], data });
      offsets[direction] += data.length;
    };
    for (let i = 0; i < requests; i++) {
      const fields = Array.from({ length: names }, (_, at) => `X-${i}-${at}: v\r\n`).join("");
      send("read", `GET /items/${i} HTTP/1.1\r\nHost: h\r\n${fields}\r\n`);
      send("write", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    }
    if (staysOpen !== true) analyzer.observe({ kind: "close", connection, time, how: "fin" });
  }
  analyzer.finish();
  assert.equal(exchanges, connections * requests);
}

test("taps that look into bodies", { timeout: 120_000 }, () => {
  playTaps(2);
  const [small, large] = [SMALL, SMALL * 4].map((taps) => counter.count(() => playTaps(taps)));
  const times = large! / small!;
  assert.ok(times <= 4.6, `four times as many are ${times.toFixed(1)} times the work`);
});

test("a body that many taps look into is decoded once, and counted without an array of its characters", (t) => {
  const decode = t.mock.method(TextDecoder.prototype, "decode");
  const characters = t.mock.method(String.prototype, Symbol.iterator);
  playTaps(SMALL);
  const isOfBody = ({ arguments: [given] }: { arguments: unknown[] }) => (given as Uint8Array)?.length === BODY.length;
  assert.equal(decode.mock.calls.filter(isOfBody).length, 1);
  assert.equal(characters.mock.calls.filter((call) => String(call.this).length === BODY.length).length, 0);
});

const BODY = "a line of a body that no tap looks for, again and again\n".repeat(40);

/** One exchange before so many taps, each of which looks for a word of its own in its body. */
function playTaps(count: number): void {
  let submitted = 0;
  const sink = { open: () => ({ submit: () => (submitted++, "taken" as const), close() {} }) };
  const active = Array.from({ length: count }, (_, i) => {
    const cel = `response.body.contains("word ${i}.") || size(response.body) == ${i === 0 ? BODY.length : 0}`;
    const output = {
      sink: { format: "PROTO_BINARY", connectionLayout: "new", destination: { kind: "streaming-admin" } },
      maxBufferedRxBytes: 65_536,
      maxBufferedTxBytes: 65_536,
      streaming: false,
      minStreamedSentBytes: 0,
    } as const;
    return new ActiveTap({ match: { kind: "expression", text: cel }, output }, sink);
  });
  const record = { headersReceivedTime: false, downstreamConnection: false, upstreamConnection: false };
  const tap = new HttpTap({ current: () => active, record, budget: new MemoryBudget(2 ** 28), ledger: new Ledger() });
  const exchange = buildExchange({ responseBody: BODY }) as HttpExchange;
  const observers = tap.open(exchange.connection, () => undefined);
  const time = { seconds: 1, nanos: 0 };
  for (const observer of observers) observer.onHeaders("request", [{ name: ":method", value: "GET" }], time);
  for (const observer of observers) observer.onHeaders("response", [{ name: ":status", value: "200" }], time);
  for (const observer of observers) observer.onBody("response", exchange.response!.body.bytes, time);
  for (const observer of observers) observer.onEnd(exchange);
  assert.equal(submitted, 1);
}
