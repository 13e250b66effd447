/** Numbers of the status line of a running proxy. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { buildExchange } from "../../../test/support/build-exchange.ts";
import { addNanos, EPOCH } from "../../model/index.ts";
import { RecentRequests } from "./recent-requests.ts";

function request(millis: number, status = 200) {
  return buildExchange({
    status,
    exchange: { times: { requestStart: EPOCH, responseEnd: addNanos(EPOCH, millis * 1e6) } },
  });
}

test("it counts the last minute: rate, errors and quantiles, and all since the start", () => {
  let now = 5000;
  const recent = new RecentRequests(() => now);
  assert.deepEqual(recent.numbers, {
    ...{ total: 0, requests: 0, perSecond: 0, errors: 0 },
    ...{ p50: undefined, p99: undefined },
  });
  now += 10_000;
  for (let count = 1; count <= 100; count++) recent.add(request(count, count % 10 === 0 ? 503 : 404));
  const early = recent.numbers;
  assert.deepEqual([early.total, early.requests, early.errors, early.perSecond], [100, 100, 10, 10]);
  assert.ok(Math.abs(early.p50! / 50e6 - 1) < 0.02 && Math.abs(early.p99! / 99e6 - 1) < 0.02, JSON.stringify(early));
  now += 50_000;
  recent.add(request(5));
  assert.equal(recent.numbers.requests, 101, "55 seconds later they are of the last minute still");
  assert.equal(recent.numbers.perSecond, 101 / 55, "of the slot under way, what there was of it");
  now += 10_000;
  const late = recent.numbers;
  assert.deepEqual([late.total, late.requests, late.errors], [101, 1, 0]);
  assert.ok(Math.abs(late.p99! / 5e6 - 1) < 0.01);
  now += 3_600_000;
  assert.deepEqual([recent.numbers.requests, recent.numbers.p50, recent.numbers.total], [0, undefined, 101]);
});

test("the rate of the first moments is not that of a burst", () => {
  let now = 0;
  const recent = new RecentRequests(() => now);
  now = 20;
  for (let count = 0; count < 40; count++) recent.add(request(1));
  assert.equal(recent.numbers.perSecond, 40);
});
