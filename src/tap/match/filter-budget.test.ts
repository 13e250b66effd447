import assert from "node:assert/strict";
import { test } from "node:test";
import { buildExchange } from "../../../test/support/build-exchange.ts";
import { bookFailures } from "../../analysis/filter/index.ts";
import { Ledger } from "../../model/index.ts";
import { Matcher } from "./matcher.ts";

test("an expression that goes beyond its limits does not match, is counted and told, and harms nothing else", () => {
  const ledger = new Ledger();
  const told: string[] = [];
  const tell = bookFailures(ledger, "a tap's cel_match", (message) => told.push(message));
  const bomb = "lists.range(2000).all(x, lists.range(2000).all(y, x + y >= 0)) && response.code == 200";
  const matcher = new Matcher(
    {
      kind: "or",
      rules: [
        { kind: "expression", text: bomb },
        { kind: "expression", text: "request.path == '/wanted'" },
      ],
    } as never,
    tell,
  );
  const { connection } = buildExchange();
  for (const [target, wanted] of [
    ["/wanted", true],
    ["/other", false],
  ] as const) {
    const stream = matcher.start(connection);
    stream.onHeaders("request-headers", [
      { name: ":method", value: "GET" },
      { name: ":path", value: target },
    ]);
    stream.onEnd(() => buildExchange({ target }));
    assert.equal(stream.matches, wanted, target);
  }
  // Once a stream: what failed is not asked again for it.
  assert.equal(ledger.book("filter-evaluations").droppedBy.get("over-budget"), 2);
  assert.ok(ledger.balanced);
  assert.deepEqual(told, [
    "a tap's cel_match could not be evaluated once, and did not match: it makes more than 1048576 bytes",
    "a tap's cel_match could not be evaluated 2 times, and did not match: it makes more than 1048576 bytes",
  ]);
});
