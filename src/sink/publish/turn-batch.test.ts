import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { buildExchange } from "../../../test/support/build-exchange.ts";
import { MemoryBudget } from "../../model/index.ts";
import { TurnBatch } from "./turn-batch.ts";

const exchangeOf = (target: string) => buildExchange({ target, responseBody: "x".repeat(1000) });

function createBatch(bytes: number) {
  const taken: (string | undefined)[] = [];
  const budget = new MemoryBudget(bytes);
  const batch = new TurnBatch(budget, ({ request }) => taken.push(request?.target));
  return { taken, budget, batch };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("exchanges of one turn", () => {
  test("are handed on at its end, in their order, and charged until then", async () => {
    const { taken, budget, batch } = createBatch(100_000);
    for (const target of ["/1", "/2", "/3"]) batch.add(exchangeOf(target));
    assert.deepEqual([taken.length, batch.length], [0, 3]);
    assert.ok(budget.used >= 3000);
    await turn();
    assert.deepEqual(taken, ["/1", "/2", "/3"]);
    assert.deepEqual([budget.used, batch.length], [0, 0]);
    batch.add(exchangeOf("/4"));
    await turn();
    assert.equal(taken.at(-1), "/4");
  });

  test("are handed on at once where the budget has no room, those before them first", () => {
    const { taken, budget, batch } = createBatch(7000);
    for (const target of ["/1", "/2", "/3"]) batch.add(exchangeOf(target));
    assert.deepEqual(taken, ["/1", "/2", "/3"]);
    assert.equal(budget.used, 0);
  });

  test("do not wait when it is asked for them", async () => {
    const { taken, batch } = createBatch(100_000);
    batch.add(exchangeOf("/1"));
    batch.handOn();
    assert.deepEqual(taken, ["/1"]);
    await turn();
    assert.deepEqual(taken, ["/1"]);
  });

  test("are no more than a thousand", () => {
    const { taken, batch } = createBatch(1e9);
    const exchange = exchangeOf("/1");
    for (let count = 0; count < 1500; count++) batch.add(exchange);
    assert.equal(taken.length, 1024);
  });
});
