import assert from "node:assert/strict";
import { test } from "node:test";
import { buildExchange } from "../../../test/support/build-exchange.ts";
import { compileFilter } from "../../analysis/filter/index.ts";
import { recordOf } from "../store/record/exchange-record.ts";
import { LiveFeed } from "./live-feed.ts";

test("a reader with a filter is told of what was taken before it came, and without its exchange", () => {
  const feed = new LiveFeed();
  assert.equal(feed.looksAtExchanges, false);
  const told: (string | undefined)[] = [];
  const end = feed.subscribe({
    filter: compileFilter("request.headers['x-kind'] == 'a'"),
    take: (items) => told.push(...items.map(({ id, target }) => `${id} ${target}`)),
  });
  assert.equal(feed.looksAtExchanges, true);
  const stored = ["a", "b", "a"].map((kind, index) => {
    const exchange = buildExchange({ target: `/${index}`, requestHeaders: { "x-kind": kind } });
    return { exchange: index === 0 ? exchange : undefined, record: recordOf(exchange, 0), bytes: 1 };
  });
  feed.tell(7, stored);
  assert.deepEqual(told, ["7 /0", "9 /2"]);
  end();
  assert.equal(feed.looksAtExchanges, false);
});
