import assert from "node:assert/strict";
import { test } from "node:test";
import { buildExchange } from "../../../test/support/build-exchange.ts";
import { drawTraffic } from "../../../test/support/drawn-traffic.ts";
import { Random } from "../../../test/support/random.ts";
import type { Exchange } from "../../model/index.ts";
import { compileFilter } from "./index.ts";

/** `SEED` draws others. */
const random = new Random(process.env["SEED"] === undefined ? 11 : Number(process.env["SEED"]));

/** Conditions that each hold for some exchanges, not for others, and cannot be told of a third kind. */
const CONDITIONS = [
  "GET",
  "503",
  "5xx",
  "error",
  "GET /items*",
  "response.code >= 500",
  "duration > duration('20ms')",
  "response.headers['x-cache'] == 'HIT'",
  "request.headers['x-n'] != '3'",
  "int(request.headers['x-n']) % 2 == 0",
  "'x-n' in request.headers",
  "has(request.headers['x-n']) && request.headers['x-n'] == '2'",
  "request.path.startsWith('/cart')",
  "response.body.contains('rare')",
  "connection.id % 3 == 1",
  "100 / (response.code - 503) < 0",
  "quality == 'complete'",
  "true",
  "false",
];

const EXCHANGES: readonly Exchange[] = [
  ...drawTraffic(random.below(1000), { requests: 60, connections: 5 }),
  ...Array.from({ length: 150 }, () =>
    buildExchange({
      method: random.pick(["GET", "POST"]),
      target: random.pick(["/items/1", "/cart/2", "/x"]),
      status: random.pick([200, 404, 503]),
      responseHeaders: random.chance(3) ? { "x-cache": random.pick(["HIT", "MISS"]) } : {},
      responseBody: random.pick(["", '{"rare":1}']),
      connection: { id: BigInt(random.below(9)) },
      requestHeaders: random.chance(2) ? {} : { "x-n": random.pick(["1", "2", "3", "many"]) },
    }),
  ),
  ...Array.from({ length: 10 }, () =>
    buildExchange({ target: "/items/9", without: "response", exchange: { quality: "unpaired" } }),
  ),
];

/** Which exchanges a filter selects, and which its opposite: of what is missing in an exchange, neither. */
function judge(text: string): { holds: Set<number>; fails: Set<number> } {
  const select = (filter: string): Set<number> => {
    const { matches } = compileFilter(filter);
    return new Set(EXCHANGES.flatMap((exchange, i) => (matches("exchange", exchange) ? [i] : [])));
  };
  return { holds: select(text), fails: select(`!(${text})`) };
}

function drawExpression(depth: number): string {
  if (depth === 0 || random.chance(4)) return `(${random.pick(CONDITIONS)})`;
  const part = (): string => drawExpression(depth - 1);
  return random.pick([
    () => `(${part()} && ${part()})`,
    () => `(${part()} || ${part()})`,
    () => `!${part()}`,
    () => `(${part()} ? ${part()} : ${part()})`,
    () => `(${part()} and ${part()} or not ${part()})`,
  ])();
}

const both = (one: Set<number>, other: Set<number>): Set<number> => new Set([...one].filter((i) => other.has(i)));
const either = (one: Set<number>, other: Set<number>): Set<number> => new Set([...one, ...other]);
const sorted = (set: Set<number>): number[] => [...set].sort((a, b) => a - b);

test("conditions hold, do not, and are unknown", () => {
  const kinds = CONDITIONS.map(judge).map(({ holds, fails }) => [holds.size, fails.size]);
  assert.ok(kinds.filter(([holds, fails]) => holds! > 0 && fails! > 0).length > 12, JSON.stringify(kinds));
  assert.ok(kinds.filter(([holds, fails]) => holds! + fails! < EXCHANGES.length).length > 5, JSON.stringify(kinds));
});

test(`and, or, not and the choice are those of sets, of what is unknown too (SEED=${random.seed})`, () => {
  for (let round = 0; round < 60; round++) {
    const [a, b, c] = [drawExpression(2), drawExpression(2), drawExpression(1)];
    const [one, other, third] = [judge(a), judge(b), judge(c)];
    const equal = (text: string, holds: Set<number>, fails: Set<number>): void => {
      const { holds: held, fails: failed } = judge(text);
      assert.deepEqual([sorted(held), sorted(failed)], [sorted(holds), sorted(fails)], text);
    };
    assert.equal(both(one.holds, one.fails).size, 0, a);
    equal(`${a} && ${b}`, both(one.holds, other.holds), either(one.fails, other.fails));
    equal(`${a} || ${b}`, either(one.holds, other.holds), both(one.fails, other.fails));
    equal(`!${a}`, one.fails, one.holds);
    equal(`!!${a}`, one.holds, one.fails);
    equal(`not ${a} or not ${b}`, either(one.fails, other.fails), both(one.holds, other.holds));
    equal(`!${a} && !${b}`, both(one.fails, other.fails), either(one.holds, other.holds));
    equal(
      `${a} ? ${b} : ${c}`,
      either(both(one.holds, other.holds), both(one.fails, third.holds)),
      either(both(one.holds, other.fails), both(one.fails, third.fails)),
    );
    const some = judge(`${b} || ${c}`);
    equal(`${a} && ${b} || ${a} && ${c}`, both(one.holds, some.holds), either(one.fails, some.fails));
  }
});
