import assert from "node:assert/strict";
import { test } from "node:test";
import { buildExchange } from "../../../test/support/build-exchange.ts";
import { type Connection, Ledger } from "../../model/index.ts";
import type { KernelOperation } from "../../source/ebpf/events/kernel-operation.ts";
import { AccessLogs, settleLogs } from "./access-logs.ts";
import { makeMessages } from "./log-messages.ts";

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

test("a connection that was seen to speak HTTP is one of HTTP in every stream that is sent later", () => {
  const boot = { seconds: 0, nanos: 0 };
  const most = { most: 100, mostCalls: 100, mostEnds: 100, full: 1000 };
  const logs = new AccessLogs({ ledger: new Ledger(), boot, findPeer: () => undefined, ...most });
  const connection: Connection = {
    ...{ id: 1n, transport: "tcp", local: undefined, remote: undefined, role: "client" },
    process: { pid: 1 },
  };
  const call = (kind: KernelOperation["kind"]) =>
    logs.operation({ connection, pid: 1, thread: 1, kind, started: 1, ended: 2, call: 0, size: 1, retransmits: 0 });
  const identity = {
    ...{ pid: 1, container: "", layer: "OS_LINUX", service: "web" },
    ...{ instance: "one", process: "web", labels: [], properties: {} },
  };
  const local = { kind: "process", identity, port: 4000 } as const;
  const remote = { kind: "unknown", host: "10.0.0.1", port: 80 } as const;
  const send = () =>
    logs.take(0).flatMap((one) => {
      const told = [{ logs: one, addresses: { local, remote } }];
      return [...makeMessages({ name: "n" }, boot, told, "address")].map((message) => [
        message.connection?.protocol,
        ...message.kernelLogs.map(({ operation }) => operation.case),
        ...(message.protocolLog === undefined ? [] : ["exchange"]),
      ]);
    });
  call("connect");
  const before = send();
  logs.submit({ ...buildExchange(), protocol: "h2", connection });
  const during = send();
  call("close");
  assert.deepEqual([before, during, send()], [[[0, "connect"]], [[2, "exchange"]], [[2, "close"]]]);
});
