import assert from "node:assert/strict";
import { test } from "node:test";
import { buildExchange } from "../../../../test/support/build-exchange.ts";
import { Random } from "../../../../test/support/random.ts";
import { recordOf } from "../record/exchange-record.ts";
import { segmentBatch } from "../segment/segment-batch.ts";
import { packBatch, unpackBatch } from "./packed-batch.ts";

const ODD = ["", "/", "/ä", "/\u{1f600}", "/\ud800", "/a\nb", "/a\0b", "/x?password=ä"];

test("a batch comes out of its package as it went in, whatever its columns and texts are", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = new Random(seed);
    const batch = {
      exchanges: Array.from({ length: random.below(5) }, (_, index) =>
        recordOf(
          buildExchange({
            target: random.pick(ODD),
            status: random.pick([200, 503]),
            responseBody: random.pick(["", "ö", "x".repeat(random.below(5000))]),
          }),
          random.below(3) + index,
        ),
      ),
      flows: [{ time: 1, kind: "drop", summary: "→", document: "{}" }],
      senders: [{ id: "a", sequence: seed, seen: 2 }],
      uncounted: [seed],
    };
    const { packed, moved } = packBatch(batch);
    const there = structuredClone(packed, { transfer: moved });
    assert.equal(packed.bytes.length, 0, "it is moved, not copied");
    const { rows, documents, ...rest } = unpackBatch(there);
    const wanted = segmentBatch(batch);
    assert.deepEqual(rows, wanted.rows, `seed ${seed}`);
    assert.deepEqual(rest, { flows: batch.flows, senders: batch.senders, uncounted: batch.uncounted });
    assert.equal(documents.count, batch.exchanges.length);
    batch.exchanges.forEach(({ document }, index) => {
      assert.equal(Buffer.from(documents.slice(index, 1)).toString(), document, `seed ${seed}`);
    });
    const whole = batch.exchanges.map(({ document }) => document).join("\n");
    assert.equal(Buffer.from(documents.slice(0, documents.count)).toString(), whole, `seed ${seed}`);
  }
});

test("documents are taken into one block as far as there is room, and one that is larger alone", () => {
  const exchange = (size: number) => ({ values: [], document: JSON.stringify("x".repeat(size)) });
  const { documents } = segmentBatch({
    exchanges: [exchange(10), exchange(10), exchange(500), exchange(1)],
    flows: [],
    senders: [],
  });
  assert.equal(documents.countWithin(0, 64, 26), 2);
  assert.equal(documents.countWithin(0, 64, 25), 1);
  assert.equal(documents.countWithin(0, 1, 1000), 1);
  assert.equal(documents.countWithin(2, 64, 100), 1);
  assert.equal(documents.countWithin(0, 64, 10_000), 4);
  assert.equal(documents.countWithin(3, 64, 0), 1);
  assert.equal(documents.countWithin(4, 64, 1000), 0);
});
