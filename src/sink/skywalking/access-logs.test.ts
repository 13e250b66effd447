import assert from "node:assert/strict";
import { test } from "node:test";
import { type Connection, Ledger } from "../../model/index.ts";
import type { KernelOperation } from "../../source/ebpf/events/kernel-operation.ts";
import { AccessLogs, settleLogs } from "./access-logs.ts";

test("what analyzers hold is bounded by kind, and what finds no room is counted", () => {
  const ledger = new Ledger();
  const boot = { seconds: 0, nanos: 0 };
  const logs = new AccessLogs({ ledger, boot, findPeer: () => 9, most: 100, mostCalls: 4, mostEnds: 2, full: 1000 });
  const connection: Connection = {
    id: 1n,
    transport: "tcp",
    local: undefined,
    remote: undefined,
    role: "client",
  };
  const add = (kind: KernelOperation["kind"]): void =>
    logs.operation({ connection, pid: 1, thread: 1, kind, started: 1, ended: 2, call: 0, size: 1, retransmits: 0 });
  for (const kind of ["connect", "read", "write"] as const) for (let i = 0; i < 5; i++) add(kind);
  const taken = logs.take(Number.POSITIVE_INFINITY);
  assert.deepEqual(
    taken.flatMap(({ operations }) => operations.map(({ kind }) => kind)),
    ["connect", "connect", "read", "read", "read", "read"],
  );
  settleLogs(ledger, taken);
  assert.deepEqual(
    taken.map(({ peer }) => peer),
    [undefined],
    "its ends are not known",
  );
  // There is room again.
  add("close");
  add("write");
  settleLogs(ledger, logs.take(Number.POSITIVE_INFINITY));
  const book = ledger.book("kernel-logs");
  assert.deepEqual([book.entered, book.handled], [17, 8]);
  assert.deepEqual(Object.fromEntries(book.droppedBy), { "analyzer-queue-full": 9 });
});
