import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { buildExchange } from "../../../../test/support/build-exchange.ts";
import { Random } from "../../../../test/support/random.ts";
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
const pick = <T>(items: readonly T[]): T => random.pick(items);

/** Exchanges of which much is missing, long, equal or odd. */
function anyExchange(index: number): Exchange {
  const target = pick([
    "/",
    "/cart",
    "/users/17?x=1",
    "/users/23",
    "/p%C3%A9",
    `/${"long/".repeat(200)}`,
    "/nul\0here",
    "/ä\u{1f600}z",
  ]);
  const millis = index * 7;
  const at = (ms: number) => ({ seconds: 1_700_000_000 + index, nanos: (ms % 1000) * 1e6 + (index % 1000) });
  return buildExchange({
    method: pick(["GET", "POST", "get", "DELETE"]),
    target,
    authority: pick(["example.com", "shop:8080", "a", ""]),
    status: pick([200, 204, 302, 404, 500, 503, 599]),
    responseHeaders: pick<Record<string, string>>([{}, { "content-type": "text/html" }, { "x-user": "bob" }]),
    requestHeaders: pick<Record<string, string>>([{}, { "x-request-id": `r${index % 3}` }]),
    responseBody: "x".repeat(index % 50),
    ...(random.chance(7) ? { without: pick(["request", "response"] as const) } : {}),
    connection: {
      local: pick([
        { kind: "ip", address: "10.0.0.2", port: 80 } as const,
        { kind: "ip", address: "::ffff:10.0.0.2", port: 443 } as const,
        { kind: "pipe", path: "/run/x.sock" } as const,
      ]),
      ...(random.chance(3) ? { source: "front" } : {}),
    },
    exchange: {
      id: index,
      quality: pick(["complete", "truncated"] as const),
      problems: pick([[], ["invalid:x"], ["reset:CANCEL", "gap"]]),
      application: pick([[], [{ name: "sse" }], [{ name: "grpc", status: 5, statusName: "NOT_FOUND" }]] as const),
      times: pick([
        {},
        { requestStart: at(millis) },
        { requestStart: at(0), responseStart: at(3), responseEnd: at(millis % 900) },
      ]),
    },
  });
}

const TEXTS = [
  "request.method",
  "request.path",
  "request.url_path",
  "route",
  "request.host",
  "operation",
  "outcome.reason",
  "peer.name",
  "trace.id",
];
const NUMBERS = ["response.code", "response.size", "destination.port", "source.port", "response.grpc_status"];

function anyFilter(depth = 0): string {
  const text = () =>
    pick([
      "'GET'",
      "'/cart'",
      "''",
      "'/users/'",
      "'e'",
      "'\u{1f600}z'",
      "'shop:8080'",
      "'503'",
      "'GET /cart'",
      "'10.0.0.1'",
      "'r1'",
    ]);
  const leaf = (): string =>
    pick([
      () => `${pick(TEXTS)} ${pick(["==", "!=", "<", ">="])} ${text()}`,
      () => `${pick(NUMBERS)} ${pick(["==", "!=", "<", "<=", ">", ">="])} ${pick([0, 80, 200, 404, 503])}`,
      () => `${pick(TEXTS)}.${pick(["contains", "startsWith", "endsWith"])}(${text()})`,
      () => `${pick(["response.code", "source.port"])} in [${pick(["80, 200", "503", "404, 500, 503"])}]`,
      () => `request.method in ['GET', ${text()}]`,
      () => `'${pick(["sse", "grpc", "websocket"])}' in applications`,
      () => `'${pick(["invalid:x", "gap", "nothing"])}' in problems`,
      () => `has(${pick([...TEXTS, ...NUMBERS, "applications", "duration", "request.id"])})`,
      () =>
        `destination.address == '${pick(["10.0.0.2", "10.0.0.9", "10.0.0.2:80", "::ffff:10.0.0.2", "/run/x.sock"])}'`,
      () => `duration ${pick([">", "<=", "=="])} duration('${pick(["0s", "3ms", "100ms"])}')`,
      () => `time ${pick([">", "<", ">="])} timestamp('2023-11-14T22:13:${pick(["30", "40.000000005", "59"])}Z')`,
      () => `response.code ${pick(["/", "%"])} ${pick([100, 7])} == ${pick([2, 3, 5])}`,
      () =>
        pick([
          "5xx",
          "404",
          "GET",
          "error",
          "grpc",
          "http",
          "GET /users*",
          "/cart",
          "port 443",
          "host 10.0.0.2",
          "host shop",
        ]),
      () =>
        pick([
          "request.headers['x-request-id'] == 'r1'",
          "response.headers['x-user'] == 'bob'",
          "request.headers['x-request-id'].startsWith('r1')",
          "response.headers['content-type'].contains('html')",
          "request.headers['host'].endsWith(':8080')",
          "request.headers['x-request-id'].endsWith('1')",
          "response.headers[':status'] == '503'",
          "'GET' == request.headers[':method']",
          "request.headers[':path'].startsWith('/cart')",
          "request.id == 'r2'",
        ]),
      () => `quality == '${pick(["complete", "truncated"])}'`,
    ])();
  if (depth >= 3 || random.chance(2)) return leaf();
  return pick([
    () => `(${anyFilter(depth + 1)} && ${anyFilter(depth + 1)})`,
    () => `(${anyFilter(depth + 1)} || ${anyFilter(depth + 1)})`,
    () => `!(${anyFilter(depth + 1)})`,
    () => `(${anyFilter(depth + 1)} ? ${anyFilter(depth + 1)} : ${anyFilter(depth + 1)})`,
  ])();
}

describe(`filters over stored exchanges (seed ${seed})`, () => {
  const folder = makeTemporaryFolder();
  const exchanges = Array.from({ length: 64 }, (_, index) => anyExchange(index));
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
      const text = anyFilter();
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
