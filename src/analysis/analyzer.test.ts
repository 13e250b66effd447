import assert from "node:assert/strict";
import { test } from "node:test";
import { at, summarize } from "../../test/support/conversation.ts";
import type { Connection, Direction, Exchange, SocketEvent } from "../model/index.ts";
import { Analyzer } from "./analyzer.ts";

const REQUEST = "GET /a HTTP/1.1\r\n\r\n";
const RESPONSE = "HTTP/1.1 204 No Content\r\n\r\n";

function connect(id: bigint): Connection {
  return { id, transport: "tcp", local: undefined, remote: undefined, role: "server", opened: at(0) };
}

function data(connection: Connection, direction: Direction, text: string, offset = 0): SocketEvent {
  return { kind: "data", connection, time: at(1), direction, offset, data: Buffer.from(text) };
}

test("connections are kept apart, and forgotten when they close", () => {
  const exchanges: Exchange[] = [];
  const analyzer = new Analyzer({ emit: (exchange) => exchanges.push(exchange) });
  const [one, two] = [connect(1n), connect(2n)];
  analyzer.observe(data(one, "read", REQUEST.slice(0, 5)));
  analyzer.observe(data(two, "read", REQUEST.replace("/a", "/b")));
  analyzer.observe(data(one, "read", REQUEST.slice(5), 5));
  analyzer.observe(data(one, "write", RESPONSE));
  analyzer.observe(data(two, "write", RESPONSE));
  assert.deepEqual(
    exchanges.map((exchange) => [exchange.connection.id, summarize(exchange)]),
    [
      [1n, "GET /a → 204 | complete"],
      [2n, "GET /b → 204 | complete"],
    ],
  );
  assert.equal(analyzer.connections, 2);
  for (const connection of [one, two]) analyzer.observe({ kind: "close", connection, time: at(2), how: "fin" });
  assert.equal(analyzer.connections, 0);
});

test("beyond the limit an idle connection makes room; what still comes of it is in the ledger", () => {
  const exchanges: Exchange[] = [];
  const analyzer = new Analyzer({ emit: (exchange) => exchanges.push(exchange), limits: { connections: 2 } });
  const [idle, busy, late] = [connect(1n), connect(2n), connect(3n)];
  const idleObserver = analyzer.attach(idle);
  idleObserver.observe(data(idle, "read", REQUEST));
  analyzer.attach(connect(4n));
  analyzer.attach(late);
  analyzer.observe(data(busy, "read", REQUEST));
  assert.equal(analyzer.connections, 2);
  assert.equal(analyzer.evictedConnections, 2);
  assert.deepEqual(exchanges.map(summarize), ["GET /a → ? | unpaired request-without-response"]);
  idleObserver.observe(data(idle, "write", RESPONSE));
  assert.equal(analyzer.ledger.book("bytes").skippedBy.get("connection-limit"), RESPONSE.length);
  analyzer.finish();
  assert.ok(analyzer.ledger.balanced && analyzer.budget.used === 0);
});

test("a connection whose first data is not its first was joined late", () => {
  const exchanges: Exchange[] = [];
  const analyzer = new Analyzer({ emit: (exchange) => exchanges.push(exchange) });
  const connection = connect(1n);
  analyzer.observe(data(connection, "write", `of a body${RESPONSE}`, 1000));
  analyzer.observe(data(connection, "read", REQUEST, 50));
  analyzer.observe(data(connection, "write", RESPONSE, 2000));
  analyzer.finish();
  assert.deepEqual(exchanges.map(summarize), [
    "? → 204 | unpaired response-without-request",
    "GET /a → 204 | complete",
  ]);
});

test("connection times are on the first exchange only", () => {
  const exchanges: Exchange[] = [];
  const analyzer = new Analyzer({ emit: (exchange) => exchanges.push(exchange) });
  const connection: Connection = {
    ...connect(1n),
    dialled: { seconds: 0, nanos: 1 },
    opened: { seconds: 0, nanos: 2 },
  };
  analyzer.observe(data(connection, "read", REQUEST + REQUEST));
  analyzer.observe(data(connection, "write", RESPONSE + RESPONSE));
  const messageTimes = { requestStart: at(1), requestEnd: at(1), responseStart: at(1), responseEnd: at(1) };
  assert.deepEqual(
    exchanges.map(({ times }) => times),
    [{ connectStart: { seconds: 0, nanos: 1 }, connectEnd: { seconds: 0, nanos: 2 }, ...messageTimes }, messageTimes],
  );
});
