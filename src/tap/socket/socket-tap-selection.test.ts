import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FLOW, play, start } from "../../../test/support/socket-taps.ts";
import type { Connection } from "../../model/index.ts";

describe("connections are chosen by expressions", () => {
  const open = ({ observer, connection }: ReturnType<typeof start>, tls?: Connection["tls"]) => {
    if (tls !== undefined) connection.tls = tls;
    observer?.observe({ kind: "open", connection, time: { seconds: 0, nanos: 0 } });
    play(observer, connection, FLOW);
  };
  const byName = { kind: "expression", text: "connection.requested_server_name == 'example.com'" } as const;
  const byAddress = { kind: "expression", text: "source.address == '10.0.0.3'" } as const;

  test("what is known when it is made decides then", () => {
    const tapped = start({ match: byAddress, output: { streaming: true } });
    assert.equal(tapped.sink.submitted.length, 1, "the addresses are sent at once");
    open(tapped);
    assert.equal(tapped.sink.submitted.length, 4);
    const other = start({ match: { kind: "not", rule: byAddress } });
    assert.equal(other.observer, undefined);
  });

  for (const [name, sni, submitted] of [
    ["the name that is asked for", "example.com", 4],
    ["another", "example.org", 0],
    ["none", undefined, 0],
  ] as const)
    test(`what TLS agrees on is waited for: ${name}`, () => {
      const tap = start({ match: byName, output: { streaming: true } });
      assert.equal(tap.sink.submitted.length, 0);
      open(tap, sni === undefined ? undefined : { sni });
      assert.equal(tap.sink.submitted.length, submitted);
      assert.equal(tap.budget.used, 0);
      assert.ok(tap.ledger.balanced);
    });

  test("its opposite is decided then too", () => {
    const tap = start({ match: { kind: "not", rule: byName } });
    open(tap, { sni: "example.org" });
    assert.equal(tap.sink.submitted.length, 1);
    const named = start({ match: { kind: "not", rule: byName } });
    open(named, { sni: "example.com" });
    assert.equal(named.sink.submitted.length, 0);
  });

  test("a connection that is never open is not tapped", () => {
    const tap = start({ match: byName });
    play(tap.observer, tap.connection, [[1, "close"]]);
    assert.deepEqual([tap.sink.submitted.length, tap.sink.closed], [0, 0]);
  });
});

test("a limit a second: connections beyond it are counted and not tapped", () => {
  const { tap, connection, observer } = start({ tap: { selection: { maxPerSecond: 2, keepErrors: false } } });
  assert.ok(observer !== undefined && tap.attach(connection) !== undefined);
  assert.equal(tap.attach(connection), undefined);
  assert.equal(tap.counters.sampledOut, 1);
});
