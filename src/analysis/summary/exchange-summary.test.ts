import assert from "node:assert/strict";
import { test } from "node:test";
import { buildExchange, type ExchangeParts } from "../../../test/support/build-exchange.ts";
import { Random } from "../../../test/support/random.ts";
import type { Exchange, HttpExchange } from "../../model/index.ts";
import { rowOf } from "../protocols/index.ts";
import { templatePath } from "../routes/template-path.ts";
import { ExchangeSummary } from "./exchange-summary.ts";
import { MANY } from "./groups.ts";
import { TimeBuckets } from "./time-buckets.ts";

let ids = 0;
function at(millis: number, duration: number, parts: ExchangeParts = {}) {
  const requestStart = { seconds: 1_700_000_000 + Math.floor(millis / 1000), nanos: (millis % 1000) * 1e6 };
  const end = millis + duration;
  const responseEnd = { seconds: 1_700_000_000 + Math.floor(end / 1000), nanos: Math.round((end % 1000) * 1e6) };
  return buildExchange({
    ...parts,
    connection: { id: BigInt(ids++), ...parts.connection },
    exchange: { times: { requestStart, responseEnd }, id: ids, ...parts.exchange },
  });
}

const byRoute = () =>
  new ExchangeSummary({ groupBy: (exchange) => [templatePath(rowOf(exchange).operation(exchange))] });

test("groups, errors, sizes, latencies, and examples", () => {
  const summary = byRoute();
  for (let i = 1; i <= 100; i++)
    assert.ok(
      summary.add(at(i * 1000, i, { target: `/users/${i}`, responseBody: "x".repeat(i), status: i > 98 ? 500 : 200 })),
    );
  summary.add(at(0, 2000, { target: "/slow" }));
  const groups = [...summary.groups];
  assert.deepEqual(
    groups.map(({ key, requests, errors }) => [key, requests, errors]),
    [
      [["GET /users/{id}"], 100, 2],
      [["GET /slow"], 1, 0],
    ],
  );
  const { latency } = groups[0]!;
  for (const [quantile, exact] of [
    [0.5, 50e6],
    [0.9, 90e6],
    [0.99, 99e6],
  ] as const)
    assert.ok(Math.abs(latency.quantile(quantile)! - exact) <= exact * 0.01, String(quantile));
  assert.equal(latency.max, 100e6);
  assert.deepEqual(summary.slowest.map(({ operation }) => operation)[0], "GET /slow");
  assert.deepEqual(summary.largest.map(({ bytes }) => bytes).length, 5);
  assert.deepEqual(
    summary.failures.map(({ reason, count, first }) => [reason, count, first.status]),
    [["500", 2, "500"]],
  );
  assert.deepEqual([summary.connections, summary.total.requests, summary.furtherViews], [101, 101, 0]);
});

test("the percentiles of each group and of all are within one per cent of those of all durations, sorted", () => {
  const random = new Random();
  const summary = byRoute();
  const durations = new Map<string, number[]>([["all", []]]);
  for (let i = 0; i < 4000; i++) {
    const target = `/${random.pick(["fast", "slow", "seldom"])}`;
    // From a few microseconds to some seconds.
    const millis = 10 ** (random.below(6000) / 1000 - 3) * (target === "/slow" ? 7 : 1);
    summary.add(at(i, millis, { target }));
    const own = durations.get(`GET ${target}`) ?? [];
    durations.set(`GET ${target}`, own);
    for (const list of [own, durations.get("all")!]) list.push(Math.round((i * 1000 + millis) * 1e6) - i * 1e9);
  }
  const parts = [...summary.groups].map(({ key, latency }) => [key[0]!, latency] as const);
  assert.equal(parts.length, 3);
  for (const [name, latency] of [...parts, ["all", summary.total.latency] as const]) {
    const sorted = durations.get(name)!.toSorted((a, b) => a - b);
    assert.equal(latency.count, sorted.length);
    for (const q of [0.5, 0.9, 0.99]) {
      const exact = sorted[Math.ceil(q * sorted.length - 1e-6) - 1]!;
      const found = latency.quantile(q)!;
      assert.ok(Math.abs(found - exact) <= exact * 0.01 + 2, `seed ${random.seed}: ${name} ${q}: ${found}, ${exact}`);
    }
    assert.ok(Math.abs(latency.max! - sorted.at(-1)!) <= 2);
  }
});

test("what people may see is asked for where it is shown, and nothing else is shown", () => {
  let asked = 0;
  const present = (exchange: Exchange): Exchange => {
    asked++;
    const { request } = exchange as HttpExchange;
    return { ...exchange, request: { ...request!, target: "/hidden" } } as HttpExchange;
  };
  const groupBy = (exchange: Exchange) => [rowOf(exchange).operation(exchange)];
  const summary = new ExchangeSummary({ groupBy, roughly: ({ operation }) => operation, present, examples: 1 });
  for (let i = 0; i < 50; i++) summary.add(at(i * 1000, 50 - i, { target: "/secret", status: i === 9 ? 500 : 200 }));
  // The group, the slowest, the largest, the failure's outcome and its example.
  assert.equal(asked, 5);
  const shown = JSON.stringify([[...summary.groups], summary.slowest, summary.largest, summary.failures]);
  assert.ok(shown.includes("/hidden") && !shown.includes("/secret"), shown);
});

test("a request that two places saw counts once", () => {
  const summary = byRoute();
  const requestHeaders = { "x-request-id": "r1" };
  assert.ok(summary.add(at(0, 10, { requestHeaders, connection: { source: "a" } })));
  assert.ok(!summary.add(at(1, 8, { requestHeaders, connection: { source: "b" } })));
  assert.ok(summary.add(at(5, 8, { requestHeaders: { "x-request-id": "r2" }, connection: { source: "a" } })));
  assert.deepEqual([summary.total.requests, summary.furtherViews], [2, 1]);
});

test("too many groups are one", () => {
  let group = 0;
  const summary = new ExchangeSummary({ groupBy: () => [String(group++), "x"] });
  for (let i = 0; i < 5000; i++) summary.add(at(i, 1));
  const groups = [...summary.groups];
  assert.equal(groups.length, 4097);
  assert.deepEqual([groups.at(-1)!.key, groups.at(-1)!.requests], [[MANY, "-"], 904]);
  assert.equal(
    groups.reduce((sum, { requests }) => sum + requests, 0),
    5000,
  );
});

test("time has at most so many stretches, whatever comes in which order, and loses nothing", () => {
  const random = new Random();
  for (let round = 0; round < 200; round++) {
    const buckets = new TimeBuckets(10);
    const times = Array.from(
      { length: 1 + random.below(50) },
      () => 1_700_000_000 + random.below(10 ** random.below(7)),
    );
    for (const time of times) buckets.add(time, time % 2 === 0);
    const { all, seconds } = buckets;
    assert.ok(all.length <= 10, `seed ${random.seed}`);
    for (const [i, { start, requests, errors }] of all.entries()) {
      const own = times.filter((time) => time >= start && time < start + seconds);
      assert.deepEqual(
        [requests, errors],
        [own.length, own.filter((time) => time % 2 === 0).length],
        `seed ${random.seed}`,
      );
      assert.equal(start, all[0]!.start + i * seconds);
    }
    assert.equal(
      all.reduce((sum, { requests }) => sum + requests, 0),
      times.length,
      `seed ${random.seed}`,
    );
  }
});
