import assert from "node:assert/strict";
import { test } from "node:test";
import { buildExchange } from "../../../test/support/build-exchange.ts";
import { drawTraffic, type TrafficShape } from "../../../test/support/drawn-traffic.ts";
import { Random } from "../../../test/support/random.ts";
import type { Exchange } from "../../model/index.ts";
import { rowOf } from "../protocols/index.ts";
import { templatePath } from "../routes/template-path.ts";
import { ExchangeComparison } from "./exchange-comparison.ts";
import { type Findings, findDifferences } from "./find-differences.ts";

/** The same in every run: what chance alone makes is told one time in a hundred, and is no fault then. */
const SEED = Number(process.env["SEED"] ?? 1);

const USUAL: TrafficShape = { requests: 1000, connections: 40 };

function compare(a: readonly Exchange[], b: readonly Exchange[], threshold = 0.1, service = "shop"): Findings {
  return findDifferences(gather(a, b, service), { threshold, chance: 0.01 });
}

function gather(a: readonly Exchange[], b: readonly Exchange[], service = "shop"): ExchangeComparison {
  let name = "shop";
  const comparison = new ExchangeComparison((exchange) => [name, templatePath(rowOf(exchange).operation(exchange))]);
  for (const exchange of a) comparison.add("a", exchange);
  name = service;
  for (const exchange of b) comparison.add("b", exchange);
  return comparison;
}

function told({ differences }: Findings): string[] {
  return differences.map(({ aspect, key, name, ratio }) =>
    [
      aspect,
      key.at(-1),
      name,
      ratio === 0 ? "gone" : ratio === Number.POSITIVE_INFINITY ? "new" : ratio > 1 ? "more" : "less",
    ]
      .filter((part) => part !== undefined)
      .join(" "),
  );
}

/** Each is planted into one of two sides that were drawn apart: what is told then, and what may be told with it, because it follows. */
const PLANTED: Readonly<Record<string, readonly [change: Partial<TrafficShape>, expected: string, following: RegExp]>> =
  {
    "a route is a fifth slower": [{ slower: 1.2 }, "latency GET /cart/{id} more", /^pairs-latency/],
    "a route fails now and then": [{ failing: "/orders" }, "status GET /orders/{id} 503 more", /^pairs-errors/],
    "a member of JSON is gone": [
      { without: "price" },
      "response-member GET /items/{id} price number gone",
      /^response-size GET .items.\{id\} less/,
    ],
  };

for (const [name, [change, expected, following]] of Object.entries(PLANTED))
  test(`${name}: that is told, and nothing that does not follow`, () => {
    const shape = { ...USUAL, requests: 4000 };
    const findings = compare(drawTraffic(SEED, shape), drawTraffic(SEED + 1, { ...shape, ...change }));
    assert.deepEqual(
      told(findings).filter((one) => !following.test(one)),
      [expected],
    );
    assert.equal(findings.compared.length, 4);
  });

test("a route that one side alone has, with what it answers", () => {
  const failing = Array.from({ length: 40 }, (_, i) =>
    buildExchange({ method: "POST", target: "/pay", status: 502, connection: { id: BigInt(1000 + i) } }),
  );
  const [a, b] = [drawTraffic(SEED, USUAL), [...drawTraffic(SEED + 1, USUAL), ...failing]];
  const { differences } = compare(a, b);
  const [came] = differences;
  assert.deepEqual(
    [came?.aspect, came?.key, came?.b],
    ["route-came", ["shop", "POST /pay"], { count: 40, of: 1040, mix: "502 100 %" }],
  );
  assert.deepEqual(told(compare(b, a))[0], "route-gone POST /pay gone");
});

test("a header field, a protocol, a version of TLS, and how connections are used", () => {
  const one = (i: number, changed: boolean) =>
    buildExchange({
      target: "/x",
      responseHeaders: changed ? { "X-New": "1" } : {},
      connection: { id: BigInt(changed ? i >> 3 : i), tls: { version: changed ? "TLSv1.2" : "TLSv1.3" } },
      exchange: { protocol: changed ? "http/1.1" : "h2" },
    });
  const side = (changed: boolean) => Array.from({ length: 300 }, (_, i) => one(i, changed));
  assert.deepEqual(told(compare(side(false), side(true))), [
    "response-header GET /x x-new new",
    "protocol http/1.1 new",
    "protocol h2 gone",
    "tls TLSv1.2 new",
    "tls TLSv1.3 gone",
    "connection-use more",
  ]);
});

test("a difference below the threshold is none", () => {
  const shape = { ...USUAL, requests: 3000 };
  const [a, b] = [drawTraffic(SEED, shape), drawTraffic(SEED + 1, { ...shape, slower: 1.3 })];
  const latencies = (threshold: number): string[] =>
    told(compare(a, b, threshold)).filter((one) => one.startsWith("latency GET"));
  assert.deepEqual(latencies(0.1), ["latency GET /cart/{id} more"]);
  assert.deepEqual(latencies(0.8), []);
});

test("where each side has one service, and not the same, routes are compared without it", () => {
  const findings = compare(drawTraffic(SEED, USUAL), drawTraffic(SEED + 1, USUAL), 0.1, "shop-canary");
  assert.ok(findings.servicesDiffer);
  assert.deepEqual(findings.compared[0]?.length, 1);
  assert.deepEqual(told(findings), []);
});

test("what one connection did a hundred times is no difference between the sides", () => {
  const failing = Array.from({ length: 100 }, () =>
    buildExchange({ target: "/cart/1", status: 500, connection: { id: 5n } }),
  );
  const findings = compare(drawTraffic(SEED, USUAL), [...drawTraffic(SEED + 1, USUAL), ...failing]);
  assert.deepEqual(told(findings), []);
  assert.ok(findings.uncertain.length === 0 || findings.uncertain.every(({ p }) => p > 1e-6));
});

test("the same requests are matched, by an identifier or by what they ask", () => {
  const asked = (i: number, status: number, id?: string, millis = 30) =>
    buildExchange({
      method: "POST",
      target: "/orders",
      requestBody: `{"number":${i}}`,
      status,
      ...(id !== undefined && { requestHeaders: { "x-request-id": id } }),
      connection: { id: BigInt(i) },
      exchange: {
        id: i,
        times: {
          requestStart: { seconds: 1_700_000_000 + i * 10, nanos: 0 },
          responseEnd: { seconds: 1_700_000_000 + i * 10, nanos: millis * 1e6 },
        },
      },
    });
  const before = Array.from({ length: 60 }, (_, i) => asked(i, 200, i < 30 ? `r${i}` : undefined));
  const after = Array.from({ length: 60 }, (_, i) =>
    asked(i, i % 2 === 0 ? 500 : 200, i < 30 ? `r${i}` : undefined, 33),
  );
  const comparison = gather(before, after.toReversed());
  const { pairs, identified, changed, failedAfter, failedBefore, examples } = comparison.matched;
  assert.deepEqual([pairs, identified, changed, failedAfter, failedBefore], [60, 30, 30, 30, 0]);
  assert.ok(examples.every(({ ids: [a, b], before, after }) => a === b && before === "200" && after === "500"));
  const found = told(findDifferences(comparison, { threshold: 0.05, chance: 0.01 }));
  assert.ok(found.includes("pairs-errors new") && found.includes("pairs-latency more"), found.join());
});

/** By requests, and by connections: which side each falls on. */
const HALVINGS = {
  requests: ({ id }: Exchange) => String(id),
  connections: ({ connection }: Exchange) => String(connection.id),
};
const SHAPES: Readonly<Record<string, TrafficShape>> = {
  "forty connections": USUAL,
  "connections that differ": { ...USUAL, connections: 60, clustered: true },
  bursts: { ...USUAL, bursts: true },
  "one connection": { requests: 600, connections: 1, bursts: true },
  "two dozen connections that differ": { ...USUAL, connections: 24, clustered: true },
};

test("halves of one capture do not differ", () => {
  let comparisons = 0;
  const alarms: string[] = [];
  for (const [name, shape] of Object.entries(SHAPES))
    for (const [how, of] of Object.entries(HALVINGS)) {
      if (how === "connections" && shape.connections === 1) continue;
      for (let round = 0; round < 6; round++) {
        const sides = new Map<string, boolean>();
        const random = new Random(SEED + round);
        const isLeft = (exchange: Exchange): boolean => {
          const id = of(exchange);
          if (!sides.has(id)) sides.set(id, random.chance(2));
          return sides.get(id)!;
        };
        const all = drawTraffic(SEED + round, shape);
        const findings = compare(
          all.filter(isLeft),
          all.filter((exchange) => !isLeft(exchange)),
        );
        comparisons++;
        if (findings.differences.length > 0) alarms.push(`${name} by ${how}, ${round}: ${told(findings).join()}`);
      }
    }
  assert.ok(
    alarms.length <= comparisons / 20,
    `SEED=${SEED}: ${alarms.length} of ${comparisons}\n${alarms.join("\n")}`,
  );
});
