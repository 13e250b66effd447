import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { buildExchange } from "../../../test/support/build-exchange.ts";
import { Ledger, TaplineError } from "../../model/index.ts";
import { bookFailures, compileFilter, type FilterLimits } from "./index.ts";

const LIMITS: FilterLimits = { maxSteps: 100_000, maxMade: 1 << 20, maxProgram: 10_000 };
const LONG = "'0123456789abcdef'";
const ZEROS = "'0000000000000000'";
const DOUBLED = Array.from({ length: 24 }).reduce((text) => `cel.bind(x, ${text}, x + x)`, LONG) as string;
const exchange = buildExchange({
  requestHeaders: Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`x-header-${i}`, `value ${i}`])),
  responseBody: "a".repeat(300_000),
});

describe("what does too much is an error, and stops", () => {
  for (const text of [
    "lists.range(600).all(x, lists.range(600).all(y, lists.range(600).all(z, x + y + z >= 0)))",
    "lists.range(2000).exists(x, lists.range(200).exists(y, x * y < 0))",
    "lists.range(3000).exists_one(x, lists.range(60).exists_one(y, x == y))",
    "lists.range(3000).map(x, lists.range(300).map(y, x * y)).size() > 0",
    "lists.range(3000).filter(x, lists.range(300).filter(y, x != y).size() > 0).size() > 0",
    "lists.range(3000).transformList(i, v, lists.range(300).transformList(j, w, j * w)).size() > 0",
    "lists.range(3000).transformMap(i, v, lists.range(300).transformMap(j, w, j * w)).size() > 0",
    "lists.range(3000).transformMapEntry(i, v, {v: lists.range(99)}).size() > 0",
    "lists.range(9000).distinct().size() > 0",
    "sets.contains(lists.range(3000), lists.range(3000).reverse())",
    "sets.intersects(lists.range(3000), lists.range(3000).map(x, x + 3000))",
    "sets.equivalent(lists.range(3000), lists.range(3000).reverse())",
    "lists.range(3000).all(x, lists.range(3000) == lists.range(3000))",
    "lists.range(60000).map(x, dyn(x)).sort().size() > 0",
    "lists.range(1000).map(x, lists.range(1000)).flatten().size() > 0",
    "lists.range(100000000).size() > 0",
    "request.headers.all(a, request.headers.all(b, request.headers.all(c, a + b + c != '')))",
    "request.headers.all(a, response.body.contains(a + 'b') || true)",
    "request.headers.all(a, response.body.replace('a', a).size() > 0)",
    "request.headers.all(a, response.body.matches('^(a|b|ab)*c$') || true)",
    "request.headers.all(a, response.body.matches(a + '(a|b|ab)*') || true)",
    `${DOUBLED}.size() > 0`,
    `${ZEROS}${`.replace('0', ${ZEROS})`.repeat(5)}.size() > 0`,
    "response.body.replace('', 'bcdefg').size() > 0",
    "response.body.split('').size() > 0",
    "response.body.split('a').size() > 0",
    "response.body.split('a').join('bcdefg').size() > 0",
    "'%s'.format([[response.body, response.body, response.body, response.body]]).size() > 0",
    "bytes(response.body + response.body + response.body).size() > 0",
    "(response.body.lowerAscii() + response.body.upperAscii() + response.body.trim()).reverse().size() > 0",
    "strings.quote(response.body).size() + base64.encode(bytes(response.body)).size() > 0",
    "(lists.range(50000) + lists.range(50000) + lists.range(50000)).size() > 0",
    "lists.range(60000) == lists.range(60000) && lists.range(60000) == lists.range(60000)",
  ])
    test(text.length > 90 ? `${text.slice(0, 90)}…` : text, () => {
      const ledger = new Ledger();
      const told: string[] = [];
      const onFailure = bookFailures(ledger, "-Y", (message) => told.push(message));
      const filter = compileFilter(text, { limits: LIMITS, onFailure });
      assert.equal(filter.matches("exchange", exchange), false);
      assert.match(filter.failures.reason ?? "", /it (?:takes more than 100000 steps|makes more than 1048576 bytes)/);
      assert.equal(ledger.book("filter-evaluations").droppedBy.get("over-budget"), 1);
      assert.equal(told.length, 1);
      // It is the evaluation that failed, not the filter: the next one has its own budget.
      assert.equal(compileFilter("5xx || GET", { limits: LIMITS }).matches("exchange", exchange), true);
    });
});

describe("what people ask stays within the budget, whatever comes", () => {
  for (const text of [
    "request.headers.exists(name, name.startsWith('x-header-59') && request.headers[name] == 'value 599')",
    "request.headers.all(name, request.headers[name].size() < 1000)",
    "request.headers.map(name, request.headers[name]).exists(value, value == 'value 300')",
    "response.body.contains('b') || size(response.body) == 300000",
    "response.body.matches('a+$')",
    "size(request.headers) > 600 && 'x-header-7' in request.headers",
  ])
    test(text, () => {
      const filter = compileFilter(text, { limits: LIMITS });
      assert.equal(filter.matches("exchange", exchange), true);
      assert.equal(filter.failures.count, 0);
    });
});

describe("a regular expression whose program is too large is refused before it is made", () => {
  for (const [pattern, wanted] of [
    ["a{1000}", true],
    ["(a{30}){30}", true],
    ["((a{30}){30}){30}", false],
    [`(?:${"[a-z]".repeat(20)}){1000}`, false],
    [Array(90).fill("\\\\pL{1000}").join("|"), false],
    ["(a|b){1,1000}(c|d){1,1000}(e|f){1,1000}", false],
    ["^/api/v[0-9]+/users/[^/]+$", true],
    ["\\\\Q((a{1000}){1000})\\\\E", true],
    ["[{(1000)}]{5}", true],
  ] as const)
    test(pattern.slice(0, 60), () => {
      const make = () => compileFilter(`request.path.matches('${pattern}')`, { limits: LIMITS });
      if (wanted) make();
      else
        assert.throws(
          make,
          (error) => error instanceof TaplineError && /instructions, at most 10000/.test(error.message),
        );
    });
});

test("failures are told the first time, and every 2nd, 4th, 8th, …", () => {
  const told: string[] = [];
  const filter = compileFilter("lists.range(1000).all(x, x >= 0)", {
    limits: { ...LIMITS, maxSteps: 10 },
    onFailure: bookFailures(new Ledger(), "-Y", (message) => told.push(message)),
  });
  for (let i = 0; i < 100; i++) filter.matches("exchange", exchange);
  assert.equal(filter.failures.count, 100);
  assert.equal(told.length, 7);
});

test("a filter that always fails is tried less and less often, and one that fails sometimes each time", () => {
  let looks = 0;
  const make = (isBomb: () => boolean) =>
    compileFilter("large.all(x, large.all(y, x + y >= 0))", {
      limits: LIMITS,
      variables: new Map([
        [
          "large",
          {
            type: { list: "int" },
            get value() {
              looks++;
              return Array.from({ length: isBomb() ? 600 : 2 }, (_, i) => i);
            },
          },
        ],
      ]),
    });
  const bomb = make(() => true);
  for (let i = 0; i < 3000; i++) assert.equal(bomb.matches("exchange", exchange), false);
  assert.equal(bomb.failures.count, 3000);
  assert.ok(looks < 200 * 25, `${looks}`);

  let now = 0;
  const sometimes = make(() => Math.floor(now / 10) % 7 === 0);
  let matched = 0;
  for (; now < 100; now++) if (sometimes.matches("exchange", exchange)) matched++;
  assert.ok(matched + sometimes.failures.count === 100 && matched >= 76, `${matched}`);
});
