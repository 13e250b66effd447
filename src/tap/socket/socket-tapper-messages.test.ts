import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  bufferedTrace,
  closed,
  connectionSegment,
  eventSegment,
  eventsSegment,
  FLOW,
  ON_READ,
  ON_WRITE,
  read,
  type Setup,
  type Step,
  start,
  withConnection,
  write,
} from "../../../test/support/socket-taps.ts";

// Envoy's own cases of the per-socket tapper (tap_config_impl_test.cc), and some beside them.

const CASES: readonly (readonly [name: string, setup: Setup, steps: readonly Step[], expected: object[]])[] = [
  [
    "T9 streamed: connection, events, close",
    { output: { streaming: true } },
    FLOW,
    [
      connectionSegment,
      eventSegment(read(0, "hello", 1n)),
      eventSegment(write(1, "world", 6n, true)),
      eventSegment(closed(2, 12n)),
    ],
  ],
  ["T10 not matching", { output: { streaming: true }, match: { kind: "not", rule: { kind: "any" } } }, FLOW, []],
  ["T10 not matching, buffered", { match: { kind: "not", rule: { kind: "any" } } }, FLOW, []],
  [
    "T11, T12 streamed with the connection in every event",
    { output: { streaming: true }, perEvent: true },
    FLOW,
    [
      connectionSegment,
      eventSegment(withConnection(read(0, "hello", 1n))),
      eventSegment(withConnection(write(1, "world", 6n, true))),
      eventSegment(withConnection(closed(2, 12n))),
    ],
  ],
  [
    "T13 gathered: each event reaches the size",
    { output: { streaming: true, minStreamedSentBytes: 50 }, perEvent: true },
    [
      [0, "read", ON_READ],
      [1, "write-end", ON_WRITE],
      [2, "close"],
    ],
    [
      connectionSegment,
      eventsSegment(withConnection(read(0, ON_READ, 1n))),
      eventsSegment(withConnection(write(1, ON_WRITE, 54n, true))),
      eventsSegment(withConnection(closed(2, 109n))),
    ],
  ],
  [
    "T14 gathered: two reads, sent for their age",
    { output: { streaming: true, minStreamedSentBytes: 120 } },
    [
      [0, "read", ON_READ],
      [15, "read", ON_READ],
      [16, "close"],
    ],
    [connectionSegment, eventsSegment(read(0, ON_READ, 1n), read(15, ON_READ, 54n)), eventsSegment(closed(16, 108n))],
  ],
  [
    "T15 gathered: two writes, sent for their age",
    { output: { streaming: true, minStreamedSentBytes: 120 } },
    [
      [0, "write", ON_WRITE],
      [15, "write", ON_WRITE],
      [16, "close"],
    ],
    [
      connectionSegment,
      eventsSegment(write(0, ON_WRITE, 1n), write(15, ON_WRITE, 55n)),
      eventsSegment(closed(16, 110n)),
    ],
  ],
  [
    "gathered: not sent for their age before 15 seconds",
    { output: { streaming: true, minStreamedSentBytes: 200 } },
    [
      [0, "write", ON_WRITE],
      [14, "write", ON_WRITE],
      [16, "read", ON_READ],
      [17, "close"],
    ],
    [
      connectionSegment,
      eventsSegment(write(0, ON_WRITE, 1n), write(14, ON_WRITE, 55n), read(16, ON_READ, 109n)),
      eventsSegment(closed(17, 163n)),
    ],
  ],
  [
    "T16 gathered: sent at the close, together with it",
    { output: { streaming: true, minStreamedSentBytes: 128 } },
    [
      [0, "read", ON_READ],
      [1, "write-end", ON_WRITE],
      [2, "close"],
    ],
    [connectionSegment, eventsSegment(read(0, ON_READ, 1n), write(1, ON_WRITE, 54n, true), closed(2, 109n))],
  ],
  [
    "gathered events are whole, whatever the limits of bytes",
    { output: { streaming: true, minStreamedSentBytes: 4, maxBufferedRxBytes: 2, maxBufferedTxBytes: 2 } },
    [
      [0, "read", "hello"],
      [1, "close"],
    ],
    [connectionSegment, eventsSegment(read(0, "hello", 1n)), eventsSegment(closed(1, 7n))],
  ],
  [
    "T17 buffered: no close, no numbers",
    { output: { minStreamedSentBytes: 5 } },
    FLOW,
    [bufferedTrace([read(0, "hello"), write(1, "world", undefined, true)])],
  ],
  ["buffered: a connection without events", {}, [[3, "close"]], [bufferedTrace([])]],
  [
    "T2 buffered: an exact fit is no truncation, the next event is, later ones are left out",
    { output: { maxBufferedRxBytes: 3, maxBufferedTxBytes: 5 } },
    [
      [0, "read", "one"],
      [1, "read", "two"],
      [2, "write", "three"],
      [3, "write", "four"],
      [4, "read", "five"],
      [5, "write", "six"],
      [6, "close"],
    ],
    [
      bufferedTrace(
        [read(0, "one"), read(1, "", undefined, true), write(2, "three"), write(3, "", undefined, false, true)],
        true,
        true,
      ),
    ],
  ],
  [
    "T2 buffered: cut within an event; the other direction goes on",
    { output: { maxBufferedRxBytes: 4 } },
    [
      [0, "read", "onetwo"],
      [1, "read", "more"],
      [2, "write", "three"],
      [3, "close"],
    ],
    [bufferedTrace([read(0, "onet", undefined, true), write(2, "three")], true, false)],
  ],
  [
    "buffered with limits of 0",
    { output: { maxBufferedRxBytes: 0, maxBufferedTxBytes: 0 } },
    FLOW,
    [bufferedTrace([read(0, "", undefined, true), write(1, "", undefined, true, true)], true, true)],
  ],
  [
    "streamed: the limit holds for each event, and numbers count what moved",
    { output: { streaming: true, maxBufferedRxBytes: 2, maxBufferedTxBytes: 4 } },
    [
      [0, "read", "hello"],
      [1, "read", "again"],
      [2, "write", "world"],
      [3, "close"],
    ],
    [
      connectionSegment,
      eventSegment(read(0, "he", 1n, true)),
      eventSegment(read(1, "ag", 6n, true)),
      eventSegment(write(2, "worl", 11n, false, true)),
      eventSegment(closed(3, 17n)),
    ],
  ],
  [
    "a half-close without bytes is not recorded",
    { output: { streaming: true } },
    [
      [0, "write-end", ""],
      [1, "close"],
    ],
    [connectionSegment, eventSegment(closed(1, 2n))],
  ],
];

describe("what is submitted", () => {
  for (const [name, setup, steps, expected] of CASES)
    test(name, () => {
      const { sink, ledger, budget, play } = start(setup);
      play(...steps);
      assert.deepEqual(sink.submitted, expected);
      assert.equal(sink.closed, expected.length > 0 ? 1 : 0);
      assert.equal(budget.used, 0);
      assert.ok(ledger.balanced, ledger.format().join("\n"));
      for (const book of ledger.books) assert.equal(book.buffered, 0, book.format());
    });
});
