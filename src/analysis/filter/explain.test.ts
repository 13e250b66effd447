import assert from "node:assert/strict";
import { test } from "node:test";
import { buildExchange } from "../../../test/support/build-exchange.ts";
import { Random } from "../../../test/support/random.ts";
import { createNodeRedactor } from "../redaction/node-redactor.ts";
import { compileFilter, type Explanation, formatExplanation, redactExplanation } from "./index.ts";

const CONDITIONS = [
  "5xx",
  "(404)",
  "GET",
  "GET /users*",
  "POST /a?b=c",
  "/users/*",
  "host 10.0.0.1",
  "src host 10.0.0.1",
  "host example.com",
  "net 10.0.0.0/8",
  "port 80",
  "port 8000-8010",
  "dst port 80 or 443",
  "h2",
  "grpc",
  "error",
  "true",
  "response.code >= 500",
  "has(request.headers.accept)",
  "has(response.headers['x'])",
  "request.headers['x-user'] != ''",
  "'x-user' in request.headers",
  "request.path.startsWith('/a  b')",
  'request.path == "a && b"',
  "request.path.matches(r'^\\d+ $')",
  "request.headers.exists(n, n == 'a' || n == 'b')",
  "cel.bind(c, response.code, c >= 500 && c < 600)",
  "(response.code == (true ? 503 : 200))",
  "!(request.method == 'GET')",
  "dyn(response.code) == 503",
  "[1, 2].all(x, x > 0)",
  "{'a': 1}['a'] == 1",
  "math.greatest(response.code, 300) == 503",
  "b'a' < b'b'",
];

test("every condition that is explained is a filter as it is shown, with the same verdict", () => {
  const random = new Random(Date.now() % 1e6);
  const exchange = buildExchange({ status: 503, requestHeaders: { "x-user": "ann" } });
  let conditions = 0;
  for (let i = 0; i < 1500; i++) {
    const text = makeFilter(random, 3);
    const explanation = compileFilter(text).explain("exchange", exchange);
    for (const part of list(explanation)) {
      conditions++;
      assert.equal(compileFilter(part.text).evaluate("exchange", exchange), part.value, `${part.text}\nin ${text}`);
    }
    // On one line each, it is still the same.
    for (const line of i % 5 === 0 ? formatExplanation(explanation) : []) {
      const shown = /^ *(?:yes|no|missing) +(.*)$/.exec(line)?.[1];
      if (shown !== undefined) compileFilter(shown);
    }
  }
  assert.ok(conditions > 9000, String(conditions));
});

function makeFilter(random: Random, depth: number): string {
  const condition = (): string => makeFilter(random, depth - 1);
  if (depth === 0) return random.pick(CONDITIONS);
  switch (random.below(7)) {
    case 0:
      return `${condition()} && ${condition()}`;
    case 1:
      return `${condition()} or\n  ${condition()}`;
    case 2:
      return `(${condition()}) AND ${condition()} // why\n`;
    case 3:
      return `not (${condition()})`;
    case 4:
      return `!(${condition()}) || not not 5xx`;
    case 5:
      return `((${condition()}) ? ${random.pick(CONDITIONS)} : (${condition()}))`;
    default:
      return random.pick(CONDITIONS);
  }
}

function list(explanation: Explanation): Explanation[] {
  return [explanation, ...explanation.conditions.flatMap(list)];
}

test("an explanation that is redacted does not show the secrets of the filter, and its conditions are filters", () => {
  const redactor = createNodeRedactor();
  const exchange = buildExchange();
  for (const [text, secret] of [
    ["request.headers['authorization'] == 'Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl'", "c2lnbmF0dXJl"],
    ["request.headers['x-api-key'] == 'hunter2hunter2'", "hunter2"],
    ["5xx || request.headers.cookie.contains('session=4f9c2ab17e')", "4f9c2ab17e"],
    ['request.headers["authorization"].startsWith("Basic dXNlcjpwYXNz")', "dXNlcjpwYXNz"],
    ["request.headers['authorization'] in ['Bearer abcdef0123456789']", "abcdef0123456789"],
  ] as const) {
    const explanation = redactExplanation(compileFilter(text).explain("exchange", exchange), redactor);
    assert.ok(!formatExplanation(explanation).join("\n").includes(secret), formatExplanation(explanation).join("\n"));
    for (const part of list(explanation)) compileFilter(part.text);
  }
  const plain = compileFilter("request.headers['x-user'] == 'ann' && 5xx").explain("exchange", exchange);
  assert.deepEqual(redactExplanation(plain, redactor), plain);
});
