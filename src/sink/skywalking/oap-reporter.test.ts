import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { type Connection, Ledger } from "../../model/index.ts";
import type { ProcessIdentity } from "../../source/ebpf/rover/name-process.ts";
import type { ConnectionLogs } from "./access-logs.ts";
import type { OapClient } from "./oap-client.ts";
import { OapReporter } from "./oap-reporter.ts";

test("what a backend that is not there did not take waits until it is there", { timeout: 20_000 }, async () => {
  const backend = report(Array(9).fill(Code.Unavailable));
  await backend.reporter.flush();
  assert.equal(backend.calls(), 10);
  assert.deepEqual(backend.books(), { handled: 1, dropped: {} });
  await backend.reporter.close();
});

test("what a backend refuses is tried three times, and counted", { timeout: 20_000 }, async () => {
  const backend = report(Array(9).fill(Code.ResourceExhausted));
  await backend.reporter.flush();
  assert.equal(backend.calls(), 3);
  assert.deepEqual(backend.books(), { handled: 0, dropped: { backend: 1 } });
  await backend.reporter.close();
});

test("an end does not wait for a backend that is not there", { timeout: 20_000 }, async () => {
  const backend = report(Array(9).fill(Code.Unavailable), 600_000);
  void backend.reporter.flush();
  while (backend.calls() === 0) await new Promise((resolve) => setImmediate(resolve));
  await backend.reporter.close();
  assert.equal(backend.calls(), 2, "once more, and no further");
  assert.deepEqual(backend.books(), { handled: 0, dropped: { backend: 1 } });
});

/** A reporter with one log to send. @param answers how the backend fails, call by call; then it takes what it is sent */
function report(answers: Code[], checkMillis = 1) {
  const ledger = new Ledger();
  const kernel = ledger.book("kernel-logs");
  let calls = 0;
  const client = {
    headers: {},
    logs: {
      async collect(messages: AsyncIterable<unknown>) {
        calls++;
        const code = answers.shift();
        if (code !== undefined) throw new ConnectError("not now", code);
        let count = 0;
        for await (const _ of messages) count++;
        assert.equal(count, 1);
        return {};
      },
    },
    processes: { reportProcesses: async () => ({}), keepAlive: async () => ({}) },
  } as unknown as OapClient;
  const waiting: ConnectionLogs[] = [LOGS];
  kernel.enter(1);
  const reporter = new OapReporter({
    client,
    logs: { take: () => waiting.splice(0) },
    ledger,
    boot: { seconds: 0, nanos: 0 },
    node: "n1",
    cluster: "",
    excludedNamespaces: [],
    unknownEnds: "service",
    identify: () => IDENTITY,
    identifyAll: () => [],
    listProcesses: () => [],
    flushMillis: 600_000,
    checkMillis,
    heartbeatMillis: 600_000,
    propertiesPeriod: 10,
    logger: { debug() {}, info() {}, warn() {}, error() {} },
  });
  return {
    reporter,
    calls: () => calls,
    books: () => ({ handled: kernel.handled, dropped: Object.fromEntries(kernel.droppedBy) }),
  };
}

const CONNECTION: Connection = {
  id: 1n,
  transport: "tcp",
  local: { kind: "ip", address: "10.0.0.1", port: 4000 },
  remote: { kind: "ip", address: "10.0.0.2", port: 80 },
  role: "client",
};
const IDENTITY: ProcessIdentity = {
  ...{ pid: 1, container: "", layer: "OS_LINUX", service: "web", instance: "one", process: "web" },
  ...{ labels: [], properties: {} },
};
const LOGS: ConnectionLogs = {
  connection: CONNECTION,
  pid: 1,
  peer: undefined,
  version: undefined,
  operations: [
    {
      connection: CONNECTION,
      pid: 1,
      thread: 1,
      kind: "connect",
      started: 1,
      ended: 2,
      call: 0,
      size: 0,
      retransmits: 0,
    },
  ],
  exchanges: [],
};
