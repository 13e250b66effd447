/** The promises of a store of exchanges, asked of every one there is. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { compileFilter } from "../../src/analysis/filter/index.ts";
import { EXCHANGE_CODEC } from "../../src/analysis/protocols/index.ts";
import type { ExchangeStore, StoreBatch } from "../../src/collector/store/exchange-store.ts";
import { columnValue, recordOf, setCounted } from "../../src/collector/store/record/exchange-record.ts";
import { listItemOf } from "../../src/collector/store/record/list-item.ts";
import type { Exchange } from "../../src/model/index.ts";
import { Fields } from "../../src/wire/json/fields.ts";
import { readConnection } from "../../src/wire/ndjson/index.ts";
import { buildExchange } from "../support/build-exchange.ts";
import { Random } from "../support/random.ts";
import { drawStored } from "../support/stores/draw-stored.ts";
import { type RunningStores, STORES } from "../support/stores/stores.ts";

const random = new Random(process.env["SEED"] === undefined ? undefined : Number(process.env["SEED"]));
const { seed } = random;
const draw = drawStored(random);
const ARRIVED = 1_700_000_000_000;
const BEGIN = 1_700_000_000_000_000;
const ROUNDS = 60;
const HAS_METHOD = compileFilter("has(request.method)");

const batchOf = (exchanges: readonly Exchange[], more: Partial<StoreBatch> = {}): StoreBatch => ({
  exchanges: exchanges.map((exchange) => recordOf(exchange, ARRIVED)),
  flows: [],
  senders: [],
  ...more,
});

/** An exchange of a service's route at a second, that took so many milliseconds. */
function timed(second: number, millis: number, { status = 200, target = "/cart" } = {}): Exchange {
  const at = (ms: number) => ({ seconds: 1_700_000_000 + second + Math.floor(ms / 1000), nanos: (ms % 1000) * 1e6 });
  const times = { requestStart: at(0), responseStart: at(millis), responseEnd: at(millis) };
  return buildExchange({ target, status, authority: "shop", responseBody: "12345", exchange: { id: second, times } });
}

async function idsOf(store: ExchangeStore, filter?: string): Promise<number[]> {
  const ids: number[] = [];
  let cursor: string | undefined;
  do {
    const answer = await store.list({ filter, limit: 1000, cursor });
    ids.push(...answer.items.map(({ id }) => id));
    cursor = answer.cursor;
  } while (cursor !== undefined);
  return ids.sort((a, b) => a - b);
}

for (const { name, skip, begin } of STORES)
  describe(`${name} (seed ${seed})`, { skip, timeout: 300_000 }, () => {
    let stores: RunningStores;
    const exchanges = Array.from({ length: 64 }, (_, index) => draw.exchange(index));
    let drawn: ExchangeStore;
    /** The drawn exchanges as they are kept, by the numbers that they were given. */
    const kept = new Map<number, Exchange>();
    const documents = new Map<number, string>();

    before(async () => {
      stores = await begin();
      drawn = await stores.open("drawn");
      for (let from = 0; from < exchanges.length; from += 16) {
        const batch = batchOf(exchanges.slice(from, from + 16));
        const first = await drawn.append(batch);
        batch.exchanges.forEach(({ document }, index) => {
          documents.set(first + index, document);
          const fields = new Fields({ ...(JSON.parse(document) as object), id: first + index });
          kept.set(first + index, EXCHANGE_CODEC.readDocument(fields, readConnection(fields.object("connection"))));
        });
      }
    });
    after(async () => {
      await drawn?.close();
      await stores?.end();
    });

    /** Runs with a store that has nothing in it. */
    async function withStore(called: string, run: (store: ExchangeStore) => Promise<void>): Promise<void> {
      const store = await stores.open(called);
      try {
        await run(store);
      } finally {
        await store.close();
      }
    }

    test("filters give what the filter itself gives", async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const text = draw.filter();
        const filter = compileFilter(text);
        const expected = [...kept].filter(([, exchange]) => filter.matches("exchange", exchange)).map(([id]) => id);
        assert.deepEqual(await idsOf(drawn, text), expected, `${text} (seed ${seed})`);
        const { buckets, isComplete } = await drawn.series({ filter: text, from: 0, to: 4e15, buckets: 10 });
        const counted = buckets.flat().reduce((sum, count) => sum + count, 0);
        assert.equal(counted, expected.length, `${text} (seed ${seed})`);
        assert.ok(isComplete);
        const { total, facets } = await drawn.facets({ filter: text, attributes: ["request.method"], limit: 9 });
        assert.equal(total, expected.length, `${text} (seed ${seed})`);
        const withMethod = expected.filter((id) => HAS_METHOD.matches("exchange", kept.get(id)!));
        const sum = facets["request.method"]!.reduce((all, { count }) => all + count, 0);
        assert.equal(sum, withMethod.length, `${text} (seed ${seed})`);
      }
    });

    test("items say what the list says of an exchange that was just stored", async () => {
      const { items } = await drawn.list({ limit: 100 });
      assert.equal(items.length, exchanges.length);
      for (const item of items) assert.deepEqual(item, listItemOf(item.id, recordOf(kept.get(item.id)!, ARRIVED)));
      const [id, document] = [...documents][9]!;
      const found = await drawn.find(id);
      assert.equal(found!.document, document);
      assert.deepEqual(
        found!.item,
        items.find((item) => item.id === id),
      );
      assert.equal(await drawn.find(987_654_321), undefined);
    });

    test("pages leave nothing out and repeat nothing, in every order", async () => {
      const keys = {
        newest: ({ time }: { time: number }) => -time,
        oldest: ({ time }: { time: number }) => time,
        slowest: ({ duration }: { duration?: number }) => -(duration ?? -1),
        largest: () => 0,
      };
      for (const order of ["newest", "oldest", "slowest", "largest"] as const)
        for (const filter of [undefined, "request.method != 'GET'", "request.headers['host'] != 'a'"]) {
          const seen: { id: number; time: number; duration?: number }[] = [];
          let cursor: string | undefined;
          do {
            const answer = await drawn.list({ limit: 7, order, cursor, filter });
            seen.push(...answer.items);
            cursor = answer.cursor;
          } while (cursor !== undefined);
          assert.deepEqual(
            seen.map(({ id }) => id).sort((a, b) => a - b),
            await idsOf(drawn, filter),
            `${order}, ${filter}`,
          );
          const values = seen.map(keys[order]);
          assert.deepEqual(
            values,
            values.toSorted((a, b) => a - b),
            order,
          );
        }
    });

    test("a page of a thousand is one answer, also of what documents are looked into for", () =>
      withStore("large", async (store) => {
        const many = Array.from({ length: 1100 }, (_, at) => timed(at, 10, { target: `/cart/${at}` }));
        for (let from = 0; from < many.length; from += 275) await store.append(batchOf(many.slice(from, from + 275)));
        for (const filter of [undefined, "size(request.headers) < 100"]) {
          // On a machine with much to do a look into documents ends before it has all.
          let page = await store.list({ filter, limit: 1000 });
          for (let tries = 0; tries < 20 && !page.isComplete; tries++) page = await store.list({ filter, limit: 1000 });
          assert.equal(page.items.length, 1000, filter);
          assert.equal((await idsOf(store, filter)).length, 1100, filter);
        }
      }));

    test("ranges and connections are kept to", async () => {
      const all = (await drawn.list({ limit: 100 })).items;
      const [from, to] = [all[40]!.time, all[10]!.time];
      const expected = all.filter(({ time }) => time >= from && time < to).map(({ id }) => id);
      assert.deepEqual(
        (await drawn.list({ limit: 100, from, to })).items.map(({ id }) => id),
        expected,
      );
      const { connection } = all[3]!;
      assert.deepEqual(
        (await drawn.list({ limit: 100, connection })).items.map(({ id }) => id),
        all.filter((item) => item.connection === connection).map(({ id }) => id),
      );
    });

    test("sums by minute and route are those of the exchanges, quantiles within 1 %", () =>
      withStore("sums", async (store) => {
        const all = Array.from({ length: 300 }, (_, i) =>
          timed(i, 1 + i, { status: [200, 302, 404, 503][i % 4]!, target: `/users/${i}` }),
        );
        await store.append(batchOf(all.slice(0, 200)));
        await store.append(batchOf(all.slice(200)));
        const [sum, ...others] = await store.services({});
        assert.equal(others.length, 0);
        const { p50, p90, p99, ...exact } = sum!;
        assert.deepEqual(exact, {
          ...{ service: "shop", method: "GET", route: "/users/{id}", requestBytes: 0, responseBytes: 1500 },
          counts: [75, 75, 75, 75, 0],
        });
        for (const [value, right] of [
          [p50, 150.5],
          [p90, 270.1],
          [p99, 297],
        ] as const)
          assert.ok(Math.abs(value! / 1e6 / right - 1) < 0.015, `${value} instead of ${right}`);
        const series = await store.series({ from: BEGIN, to: BEGIN + 300e6, buckets: 5 });
        const total = series.buckets.flat().reduce((a, b) => a + b, 0);
        assert.equal(total, 300);
        assert.equal((await store.services({ from: BEGIN + 600e6 })).length, 0);
        const early = await store.services({ to: BEGIN + 60e6 });
        assert.ok(early[0]!.counts.reduce((a, b) => a + b, 0) < 120);
      }));

    test("latencies are of what matches, and of what counts", () =>
      withStore("latency", async (store) => {
        const all = Array.from({ length: 200 }, (_, i) => timed(i, i + 1, { status: i % 2 ? 200 : 503 }));
        const batch = batchOf([...all, buildExchange({ target: "/untimed", exchange: { times: {} } })]);
        setCounted(batch.exchanges[199]!, false);
        await store.append(batch);
        const near = (value: number | undefined, millis: number) =>
          assert.ok(Math.abs(value! / 1e6 / millis - 1) < 0.02, `${value} instead of ${millis} ms`);
        for (const [filter, count, half, most] of [
          [undefined, 199, 100, 197],
          ["5xx", 100, 100, 197],
          ["request.headers['host'] == 'shop' && 200", 99, 100, 196],
        ] as const) {
          const latency = await store.latency({ filter });
          assert.equal(latency.isComplete, true);
          assert.equal(latency.count, count, filter);
          near(latency.p50, half);
          near(latency.p99, most);
        }
        const { scanned: _, ...nothing } = await store.latency({ from: BEGIN + 6000e6 });
        assert.deepEqual(nothing, { count: 0, isComplete: true });
        assert.equal((await store.latency({ filter: "200", from: BEGIN + 10e6, to: BEGIN + 20e6 })).count, 5);
      }));

    test("facets are the most frequent values first", () =>
      withStore("facets", async (store) => {
        await store.append(batchOf(Array.from({ length: 30 }, (_, i) => timed(i, 1, { status: i % 3 ? 200 : 404 }))));
        const { facets, total, isComplete } = await store.facets({ attributes: ["response.code", "route"], limit: 1 });
        assert.deepEqual(
          { ...facets },
          {
            "response.code": [{ value: 200, count: 20 }],
            route: [{ value: "/cart", count: 30 }],
          },
        );
        assert.deepEqual([total, isComplete], [30, true]);
      }));

    test("a sender's position is kept with what it stands for, and numbers are not given again", async () => {
      const open = () => stores.open("senders");
      let store = await open();
      const first = await store.append(
        batchOf([timed(1, 1)], { senders: [{ id: "a/1", sequence: 7, seen: ARRIVED }] }),
      );
      await store.append(batchOf([], { senders: [{ id: "b", sequence: 1, seen: ARRIVED }] }));
      assert.deepEqual(
        [await store.senderPosition("a/1"), await store.senderPosition("b"), await store.senderPosition("c")],
        [7, 1, undefined],
      );
      await store.close();
      store = await open();
      assert.equal(await store.senderPosition("a/1"), 7);
      await store.append(batchOf([], { senders: [{ id: "a/1", sequence: 9, seen: ARRIVED }] }));
      assert.equal(await store.senderPosition("a/1"), 9);
      assert.ok((await store.append(batchOf([timed(2, 1), timed(3, 1)]))) > first);
      assert.equal(new Set(await idsOf(store)).size, 3);
      assert.equal((await store.facts()).exchanges, 3);
      await store.close();
    });

    test("what counts no longer is in the list, and in no sum", () =>
      withStore("uncounted", async (store) => {
        const first = await store.append(batchOf([timed(1, 10), timed(2, 20), timed(70, 30)]));
        const second = batchOf([timed(3, 40)], { uncounted: [first, first + 2] });
        setCounted(second.exchanges[0]!, false);
        assert.equal(columnValue(second.exchanges[0]!, "counted"), 0);
        await store.append(second);
        const { items } = await store.list({ limit: 10 });
        assert.deepEqual(
          items.map(({ isCounted }) => isCounted),
          [false, false, true, false],
        );
        const [sum] = await store.services({});
        assert.deepEqual(sum!.counts, [1, 0, 0, 0, 0]);
        assert.equal(sum!.responseBytes, 5);
        assert.ok(Math.abs(sum!.p99! / 20e6 - 1) < 0.011, `${sum!.p99}`);
        for (const filter of [undefined, "200", "request.headers['host'] == 'shop'"]) {
          const { buckets } = await store.series({ from: BEGIN, to: BEGIN + 120e6, buckets: 2, filter });
          assert.equal(
            buckets.flat().reduce((a, b) => a + b, 0),
            1,
            filter,
          );
        }
      }));

    test("what is removed is in no answer any more", () =>
      withStore("removed", async (store) => {
        const all = Array.from({ length: 40 }, (_, i) => timed(i, 1, { status: i % 4 ? 200 : 503 }));
        const first = await store.append(batchOf(all));
        assert.equal(await store.remove({ filter: "5xx" }), 10);
        assert.equal(await store.remove({ filter: "5xx" }), 0);
        assert.equal((await idsOf(store)).length, 30);
        assert.equal(await store.find(first), undefined);
        assert.deepEqual((await store.services({}))[0]!.counts, [30, 0, 0, 0, 0]);
        assert.equal((await store.facets({ attributes: [], limit: 1 })).total, 30);
      }));

    test("flows come the newest first, within their range", () =>
      withStore("flows", async (store) => {
        const flows = [5, 1, 9].map((second) => ({
          time: BEGIN + second * 1e6,
          kind: "drop",
          summary: `at ${second} ü`,
          document: JSON.stringify({ second }),
        }));
        await store.append({ exchanges: [], flows, senders: [] });
        const read = async (range: { from?: number; to?: number }) =>
          (await store.flows({ ...range, limit: 2 })).map(({ summary, document, kind }) => [summary, document, kind]);
        assert.deepEqual(await read({}), [
          ["at 9 ü", { second: 9 }, "drop"],
          ["at 5 ü", { second: 5 }, "drop"],
        ]);
        assert.deepEqual(await read({ from: BEGIN, to: BEGIN + 5e6 }), [["at 1 ü", { second: 1 }, "drop"]]);
      }));

    test("wrong questions are refused, and those that nobody waits for end", async () => {
      const wrong = { code: "usage" };
      await assert.rejects(drawn.list({ filter: "request.nothing == 1", limit: 1 }), wrong);
      await assert.rejects(drawn.series({ filter: "((", from: 0, to: 1, buckets: 1 }), wrong);
      await assert.rejects(drawn.list({ cursor: "x'; DROP TABLE exchanges", limit: 1 }), wrong);
      const aborting = new AbortController();
      aborting.abort();
      await assert.rejects(drawn.list({ filter: "request.headers['a'] == 'b'", limit: 1 }, aborting.signal));
      assert.equal((await drawn.facts()).exchanges, exchanges.length);
    });

    test("texts of filters are never SQL", async () => {
      for (const text of [
        "' OR 1=1 --",
        "\\' OR 1 --",
        "?",
        "{p0:String}",
        "a\\",
        "%",
        "_",
        "\t\n",
        "'",
        "é",
        "\u{1f600}",
      ]) {
        const holding = [...documents].filter(([, document]) => {
          const { request } = JSON.parse(document) as { request?: { target: string } };
          return request?.target.includes(text);
        });
        const filter = `request.path.contains(${JSON.stringify(text)})`;
        assert.deepEqual(
          await idsOf(drawn, filter),
          holding.map(([id]) => id),
          text,
        );
        assert.deepEqual(await idsOf(drawn, `request.path == ${JSON.stringify(text)}`), [], text);
      }
    });
  });
