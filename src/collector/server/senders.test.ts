import assert from "node:assert/strict";
import { test } from "node:test";
import { buildExchange } from "../../../test/support/build-exchange.ts";
import { Senders } from "./senders.ts";

test("tells whose exchanges come late, and whose clock is ahead", () => {
  const senders = new Senders();
  const at = (seconds: number) =>
    buildExchange({ exchange: { times: { requestStart: { seconds, nanos: 500_000_000 } } } });
  senders.observe("send", "a", at(1000), 1_000_600);
  senders.observe("send", "a", at(500), 1_000_500);
  senders.observe("send", "b", at(1010), 1_000_500);
  senders.observe("send", "c", buildExchange({ exchange: { times: {} } }), 1_000_500);
  const facts = senders.facts.map(({ name, lagMillis, late, ahead }) => [name, lagMillis, late, ahead]);
  assert.deepEqual(facts, [
    ["a", 500_000, 1, undefined],
    ["b", -10_000, undefined, 1],
  ]);
});

test("awaits for a day who sends only what it has, but not who asks, nor who is connected", () => {
  const senders = new Senders();
  const DAY = 24 * 3600 * 1000;
  assert.equal(senders.awaitedUntil, undefined);
  senders.count("send", "connected", 1, 9000);
  assert.equal(senders.awaitedUntil, undefined);
  senders.count("publish", "10.0.0.1", 1, 1000);
  senders.count("publish", "10.0.0.2", 1, 3000);
  assert.equal(senders.awaitedUntil, 3000 + DAY);
  senders.ask("publish", "10.0.0.2", 3500);
  assert.equal(senders.awaitedUntil, 1000 + DAY, "it is known when it has gone");
  senders.count("otlp", "10.0.0.3", 1, 4000);
  assert.equal(senders.awaitedUntil, 4000 + DAY);
});
