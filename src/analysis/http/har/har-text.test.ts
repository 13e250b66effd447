import assert from "node:assert/strict";
import { test } from "node:test";
import { buildExchange } from "../../../../test/support/build-exchange.ts";
import type { Connection, HttpExchange } from "../../../model/index.ts";
import { Fields } from "../../../wire/json/fields.ts";
import { httpCells } from "../cells.ts";
import { harEntry } from "./har-entry.ts";
import { readHarEntry } from "./read-har-entry.ts";

/** As on the wire: UTF-8 in two octets, and an octet that is no UTF-8. */
const UTF8 = "caf\xc3\xa9";
const LATIN1 = "caf\xe9";

test("UTF-8 in targets and headers is text in HAR and in the table, and comes back as the octets that it was", () => {
  const exchange = buildExchange({
    target: `/${UTF8}?q=${UTF8}`,
    authority: "example.com",
    requestHeaders: { "x-utf8": UTF8, "x-latin1": LATIN1, "x-plain": "a" },
    responseHeaders: { "x-utf8": UTF8 },
  }) as HttpExchange;
  const entry = JSON.parse(JSON.stringify(harEntry(exchange))) as {
    request: { url: string; headers: { name: string; value: string }[]; queryString: { value: string }[] };
    response: { headers: { value: string }[] };
  };
  assert.equal(entry.request.url, "http://example.com/caf%C3%A9?q=caf%C3%A9");
  assert.deepEqual(entry.request.queryString, [{ name: "q", value: "café" }]);
  assert.equal(entry.request.headers.find(({ name }) => name === "x-utf8")!.value, "café");
  assert.deepEqual(
    entry.request.headers.find(({ name }) => name === "x-latin1"),
    {
      name: "x-latin1",
      value: LATIN1,
      _octets: true,
    },
  );
  assert.equal(entry.response.headers[0]!.value, "café");
  assert.equal(httpCells(exchange).target, "/café?q=café");

  const connections = new Map<string, Connection>();
  const read = readHarEntry(new Fields(entry as never), {
    id: 1,
    connectionFor: (key: string, make: () => Connection) => {
      const known = connections.get(key) ?? make();
      connections.set(key, known);
      return known;
    },
  } as never);
  assert.equal(read.request!.target, exchange.request!.target);
  assert.deepEqual(read.request!.headers, exchange.request!.headers);
  assert.deepEqual(read.response!.headers, exchange.response!.headers);
});
