/** An exchange that was handed on is let go of: V8 would take those that each connection keeps for a sign that all of their kind live long. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type Connection, type Exchange, timestampFromMillis } from "../model/index.ts";
import { Analyzer } from "./analyzer.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const OBSERVER = { onHeaders() {}, onBody() {}, onTrailers() {}, onEnd() {} };

const CONVERSATIONS = {
  http: ["GET /a HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"],
  redis: ["*2\r\n$3\r\nGET\r\n$1\r\na\r\n", "$1\r\nb\r\n"],
} as const;

for (const [kind, [request, response]] of Object.entries(CONVERSATIONS))
  for (const rounds of [1, 3])
    test(`${kind}: an open connection keeps none of ${rounds} that were handed on`, async () => {
      const seen: WeakRef<object>[] = [];
      let handedOn = 0;
      const analyzer = new Analyzer({
        emit: (exchange) => {
          assert.equal(exchange.kind, kind);
          handedOn++;
          for (const part of partsOf(exchange)) seen.push(new WeakRef(part));
        },
        observeStream: () => {
          const observer = { ...OBSERVER };
          seen.push(new WeakRef(observer));
          return observer;
        },
      });
      const connection: Connection = {
        ...{ id: 1n, transport: "tcp", role: "server", opened: timestampFromMillis(0) },
        local: { kind: "ip", address: "10.0.0.2", port: 80 },
        remote: { kind: "ip", address: "10.0.0.1", port: 40000 },
      };
      const observer = analyzer.attach(connection);
      for (let round = 0; round < rounds; round++)
        for (const [direction, text] of [["read", request] as const, ["write", response] as const]) {
          const [data, time] = [Buffer.from(text), timestampFromMillis(round)];
          observer.observe({ kind: "data", connection, time, direction, offset: round * data.length, data });
        }
      assert.equal(handedOn, rounds);
      // The target of a WeakRef that was made in this turn lives until it ends.
      await new Promise((resolve) => setImmediate(resolve));
      collectGarbage();
      assert.equal(seen.filter((one) => one.deref() !== undefined).length, 0);
      analyzer.finish();
    });

test("redis: commands that were answered are let go of while a later one waits", async () => {
  const seen: WeakRef<object>[] = [];
  const emit = (exchange: Exchange): void => {
    for (const part of partsOf(exchange)) seen.push(new WeakRef(part));
  };
  const analyzer = new Analyzer({ emit });
  const connection: Connection = {
    ...{
      id: 1n,
      transport: "tcp",
      role: "server",
      opened: timestampFromMillis(0),
      local: undefined,
      remote: undefined,
    },
  };
  const [request, response] = CONVERSATIONS.redis;
  for (const [direction, text] of [["read", request.repeat(10)] as const, ["write", response.repeat(9)] as const])
    analyzer.observe({
      ...{ kind: "data", connection, time: timestampFromMillis(1), direction, offset: 0, data: Buffer.from(text) },
    });
  assert.equal(seen.length, 18);
  await new Promise((resolve) => setImmediate(resolve));
  collectGarbage();
  assert.equal(seen.filter((one) => one.deref() !== undefined).length, 0);
  analyzer.finish();
});

function partsOf({ request, response }: Exchange & { request?: object; response?: object }): object[] {
  return [request, response].filter((part) => part !== undefined);
}
