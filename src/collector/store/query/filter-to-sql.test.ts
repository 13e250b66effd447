import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Random } from "../../../../test/support/random.ts";
import { drawStored } from "../../../../test/support/stores/draw-stored.ts";
import { makeTemporaryFolder } from "../../../../test/support/temporary-folder.ts";
import { compileFilter } from "../../../analysis/filter/index.ts";
import { EXCHANGE_CODEC } from "../../../analysis/protocols/index.ts";
import type { Exchange } from "../../../model/index.ts";
import { Fields } from "../../../wire/json/fields.ts";
import { readConnection } from "../../../wire/ndjson/index.ts";
import { recordOf } from "../record/exchange-record.ts";
import { StoreWriter } from "../segment/store-writer.ts";
import { filterToSql } from "./filter-to-sql.ts";
import { StoreReader } from "./store-reader.ts";

const random = new Random(process.env["SEED"] === undefined ? undefined : Number(process.env["SEED"]));
const { seed } = random;
const draw = drawStored(random);

describe(`filters over stored exchanges (seed ${seed})`, () => {
  const folder = makeTemporaryFolder();
  const exchanges = Array.from({ length: 64 }, (_, index) => draw.exchange(index));
  let reader: StoreReader;
  let stored: Exchange[];

  before(() => {
    // Several segments, so that answers are put together.
    const writer = new StoreWriter({ folder: folder.path, keepMillis: 1e12, maxBytes: 1e12, segmentBytes: 1 }, 0);
    const records = exchanges.map((exchange) => recordOf(exchange, 1_700_000_000_000));
    for (let from = 0; from < records.length; from += 4)
      writer.write({ exchanges: records.slice(from, from + 4), flows: [], senders: [] }, 0);
    writer.close();
    stored = records.map(({ document }, index) => {
      const fields = new Fields({ ...(JSON.parse(document) as object), id: index + 1 });
      return EXCHANGE_CODEC.readDocument(fields, readConnection(fields.object("connection")));
    });
    reader = new StoreReader(
      folder.path,
      () => {},
      () => 0,
    );
  });
  after(() => {
    reader.close();
    folder.remove();
  });

  test("give what the filter itself gives", () => {
    let exact = 0;
    for (let round = 0; round < 150; round++) {
      const text = draw.filter();
      const filter = compileFilter(text);
      if (filterToSql(text).isExact) exact++;
      const expected = stored.filter((exchange) => filter.matches("exchange", exchange)).map(({ id }) => id);
      const { items } = reader.list({ filter: text, limit: 1000 });
      assert.deepEqual(
        items.map(({ id }) => id).sort((a, b) => a - b),
        expected,
        `${text} (seed ${seed})`,
      );
      const { buckets } = reader.series({ filter: text, from: 0, to: 4e15, buckets: 10 });
      assert.equal(
        buckets.flat().reduce((sum, count) => sum + count, 0),
        expected.length,
        `${text} (seed ${seed})`,
      );
    }
    assert.ok(exact > 50, `${exact} of 150 were said by SQL alone`);
  });

  test("come in pages that leave nothing out and repeat nothing, in every order", () => {
    for (const order of ["newest", "oldest", "slowest", "largest"] as const) {
      const seen: number[] = [];
      let cursor: string | undefined;
      do {
        const answer = reader.list({ limit: 7, order, cursor });
        seen.push(...answer.items.map(({ id }) => id));
        cursor = answer.cursor;
      } while (cursor !== undefined);
      assert.equal(seen.length, stored.length, order);
      assert.equal(new Set(seen).size, stored.length, order);
    }
  });

  test("are said by SQL where they can be, without looking into documents", () => {
    for (const text of [
      "5xx",
      "error",
      "GET /users*",
      "request.method == 'GET' && duration > duration('1s')",
      "!(404)",
    ])
      assert.equal(filterToSql(text).isExact, !text.includes("*"), text);
    assert.equal(filterToSql("request.headers['a'] == 'b'").sql, "1");
    assert.match(filterToSql("5xx && request.headers['a'] == 'b'").sql, /status BETWEEN \? AND \?/);
  });
});
