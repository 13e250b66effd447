/** An exchange that was handed on is let go of: V8 would take one that each connection keeps for a sign that all of its kind live long. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type Connection, timestampFromMillis } from "../../../model/index.ts";
import { Analyzer } from "../../analyzer.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const OBSERVER = { onHeaders() {}, onBody() {}, onTrailers() {}, onEnd() {} };

for (const [name, rounds] of [
  ["the first exchange", 1],
  ["the last of several exchanges", 3],
] as const)
  test(`an open connection does not keep ${name} that was handed on`, async () => {
    const heads: WeakRef<object>[] = [];
    const observers: WeakRef<object>[] = [];
    const analyzer = new Analyzer({
      emit: (exchange) => heads.push(new WeakRef((exchange as { request?: { headers: object } }).request!.headers)),
      observeStream: () => {
        const observer = { ...OBSERVER };
        observers.push(new WeakRef(observer));
        return observer;
      },
    });
    const connection: Connection = {
      ...{ id: 1n, transport: "tcp", role: "server", opened: timestampFromMillis(0) },
      local: { kind: "ip", address: "10.0.0.2", port: 80 },
      remote: { kind: "ip", address: "10.0.0.1", port: 40000 },
    };
    const observer = analyzer.attach(connection);
    const [request, response] = [
      Buffer.from("GET /a HTTP/1.1\r\nHost: h\r\n\r\n"),
      Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    ];
    for (let round = 0; round < rounds; round++) {
      const time = timestampFromMillis(round);
      for (const [direction, data] of [["read", request] as const, ["write", response] as const])
        observer.observe({ kind: "data", connection, time, direction, offset: round * data.length, data });
    }
    assert.deepEqual([heads.length, observers.length], [rounds, rounds]);
    // The target of a WeakRef that was made in this turn lives until it ends.
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
    assert.deepEqual(heads.concat(observers).filter((one) => one.deref() !== undefined).length, 0);
    analyzer.finish();
  });
