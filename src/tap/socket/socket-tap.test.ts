import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  at,
  bufferedTrace,
  bytes,
  CONNECTION,
  closed,
  eventSegment,
  eventsSegment,
  FLOW,
  LOCAL,
  read,
  segment,
  start,
  withConnection,
  write,
} from "../../../test/support/socket-taps.ts";
import { MemoryBudget } from "../../model/index.ts";
import { encodeTrace } from "../../wire/envoy/index.ts";
import { copyBody } from "../copy-body.ts";

test("T5 upstream: the first segment has no local address, later ones have", () => {
  const { sink, connection, play } = start({ output: { streaming: true }, perEvent: true, local: undefined });
  connection.local = LOCAL;
  play([0, "write", "GET "]);
  const { localAddress: _, ...remoteOnly } = CONNECTION;
  assert.deepEqual(sink.submitted, [
    segment({ kind: "connection", connection: remoteOnly }),
    eventSegment(withConnection(write(0, "GET ", 1n))),
  ]);
});

test("the old layout has no numbers", () => {
  const oldSink = {
    format: "PROTO_TEXT",
    connectionLayout: "old",
    destination: { kind: "file-per-tap", pathPrefix: "p" },
  } as const;
  const { sink, play } = start({ output: { streaming: true, sink: oldSink } });
  play([0, "read", "x"], [1, "close"]);
  assert.deepEqual(sink.submitted.slice(1), [
    eventSegment(read(0, "x")),
    eventSegment({ kind: "closed", timestamp: at(1) }),
  ]);
});

describe("memory", () => {
  test("buffered: an event for which there is none is empty and truncated, and the last of its direction", () => {
    const { sink, ledger, budget, play } = start({ budget: new MemoryBudget(600) });
    play([0, "read", "x".repeat(300)], [1, "read", "y".repeat(300)], [2, "read", "z"], [3, "close"]);
    assert.deepEqual(sink.submitted, [
      bufferedTrace([read(0, "x".repeat(300)), read(1, "", undefined, true)], true, false),
    ]);
    assert.equal(budget.used, 0);
    assert.ok(budget.peak <= 600);
    assert.equal(
      ledger.book("tap-bytes").format(),
      "tap-bytes: 601 in = 300 handled + 1 truncated (max-buffered-bytes 1) + 300 dropped (memory-budget 300)",
    );
  });

  test("gathered: what cannot be kept is sent at once, with what was gathered", () => {
    const { sink, budget, play } = start({
      output: { streaming: true, minStreamedSentBytes: 100_000 },
      budget: new MemoryBudget(600),
    });
    play([0, "read", "x".repeat(300)], [1, "read", "y".repeat(300)], [2, "close"]);
    assert.deepEqual(sink.submitted.slice(1), [
      eventsSegment(read(0, "x".repeat(300), 1n), read(1, "y".repeat(300), 301n)),
      eventsSegment(closed(2, 602n)),
    ]);
    assert.equal(budget.used, 0);
  });

  test("a sink that refuses: counted", () => {
    const { sink, ledger, play } = start({});
    sink.accepts = false;
    play(...FLOW);
    assert.deepEqual(ledger.format(), [
      "tap-bytes: 10 in = 0 handled + 10 dropped (sink 10)",
      "tap-messages: 1 in = 0 handled + 1 dropped (sink 1)",
    ]);
  });
});

describe("sampling", () => {
  for (const [random, tapped] of [
    [0.0099, true],
    [0.01, false],
  ] as const)
    test(`1 in 100, drawn ${random}`, () => {
      const { sink, tap, play } = start({
        tap: { sampling: { numerator: 100, denominator: 10_000 } },
        random: () => random,
      });
      play(...FLOW);
      assert.equal(tap.counters.sampledOut, tapped ? 0 : 1);
      assert.deepEqual(
        sink.submitted.map(({ configuredSampleRate }) => configuredSampleRate),
        tapped ? [{ numerator: 100, denominator: "TEN_THOUSAND" }] : [],
      );
    });

  test("the rate is on the first message only", () => {
    const { sink, play } = start({
      output: { streaming: true },
      tap: { sampling: { numerator: 1, denominator: 100 } },
      random: () => 0,
    });
    play(...FLOW);
    assert.deepEqual(
      sink.submitted.map((wrapper) => wrapper.configuredSampleRate?.denominator),
      ["HUNDRED", undefined, undefined, undefined],
    );
  });
});

test("C1 bodies become strings in reads, writes and gathered events", () => {
  for (const minStreamedSentBytes of [0, 1000]) {
    const { sink, play } = start({ output: { streaming: true, minStreamedSentBytes } });
    play([0, "read", "hello"], [1, "write", "world"], [2, "read", "again"], [3, "write", "more"], [4, "close"]);
    const text = sink.submitted
      .map((wrapper) => Buffer.from(encodeTrace(wrapper, "JSON_BODY_AS_STRING")).toString())
      .join("");
    assert.deepEqual(
      [...text.matchAll(/"as_string": "(\w+)"/g)].map((match) => match[1]),
      ["hello", "world", "again", "more"],
    );
    assert.doesNotMatch(text, /as_bytes/);
  }
});

test("C2 a body is cut to its limit", () => {
  const hello = bytes("hello");
  assert.deepEqual(copyBody(hello, 4, 1, 5), { asBytes: bytes("o"), truncated: false });
  assert.deepEqual(copyBody(hello, 0, 5, 3), { asBytes: bytes("hel"), truncated: true });
  assert.deepEqual(copyBody(hello, 0, 5, 100), { asBytes: bytes("hello"), truncated: false });
});

test("counters have Envoy's names", () => {
  const streamed = start({ output: { streaming: true } });
  streamed.play(...FLOW);
  assert.equal(streamed.tap.counters.streamedSubmit, 4);
  const buffered = start({});
  buffered.play(...FLOW);
  assert.equal(buffered.tap.counters.bufferedSubmit, 1);
});
