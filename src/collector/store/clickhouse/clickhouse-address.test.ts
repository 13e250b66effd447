import assert from "node:assert/strict";
import { test } from "node:test";
import { formatClickHouse, readClickHouseAddress } from "./clickhouse-address.ts";

for (const [text, url, username, password, database] of [
  ["clickhouse://db", "http://db:8123", "default", "", "tapline"],
  ["clickhouse://db:9123/", "http://db:9123", "default", "", "tapline"],
  ["clickhouse://joe@db/shop", "http://db:8123", "joe", "", "shop"],
  ["clickhouse://joe:p%40ss@[::1]/shop?secure=1", "https://[::1]:8443", "joe", "p@ss", "shop"],
  ["clickhouse://db?secure=0", "http://db:8123", "default", "", "tapline"],
] as const)
  test(text, () => assert.deepEqual(readClickHouseAddress(text, ""), { url, username, password, database }));

for (const [text, message] of [
  ["http://db", /no address of a ClickHouse/],
  ["clickhouse://joe:geheim@", /^--store: 'clickhouse:\/\/…@' is no address$/],
  ["clickhouse://db/a-b", /'a-b' is no name of a database/],
  ["clickhouse://db/a;DROP", /no name of a database/],
  ["clickhouse://db?secure=yes", /secure is 1 or 0, not 'yes'/],
  ["clickhouse://db?tls=1", /unknown parameter 'tls'/],
] as const)
  test(`${text} is refused`, () => assert.throws(() => readClickHouseAddress(text, ""), { code: "usage", message }));

test("a password comes from the environment, and is told to nobody", () => {
  const address = readClickHouseAddress("clickhouse://joe@db", "geheim");
  assert.equal(address.password, "geheim");
  assert.equal(formatClickHouse(address), "clickhouse://db:8123/tapline");
});
