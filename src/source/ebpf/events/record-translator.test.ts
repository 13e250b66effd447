import assert from "node:assert/strict";
import { test } from "node:test";
import { makeRecord, type RecordFields } from "../../../../test/support/kernel-records.ts";
import { type Connection, formatEndpoint, Ledger, MemoryBudget, type SocketEvent } from "../../../model/index.ts";
import { ProcessTable } from "../processes/process-table.ts";
import type { ProcessEvent } from "./process-event.ts";
import { FLAG } from "./record.ts";
import { RecordTranslator, type RecordTranslatorOptions } from "./record-translator.ts";
import { WallTime } from "./wall-time.ts";

const CLIENT_HELLO = new Uint8Array([0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0]);

test("a connection from its beginning to its end", () => {
  assert.deepEqual(
    translate([
      { type: "connection", conn: 1, connection: {} },
      { type: "data", conn: 1, direction: "write", data: "GET /" },
      { type: "data", conn: 1, direction: "read", data: "200", size: 10 },
      { type: "shutdown", conn: 1, direction: "read", offset: 10 },
      { type: "close", conn: 1 },
    ]).lines,
    [
      "1 open client 127.0.0.1:1000 → 127.0.0.1:80",
      "1 write 0 GET /",
      "1 read 0 200 (7 missing)",
      "1 read 10 end",
      "1 close fin",
    ],
  );
});

test("what the ring had no room for is a gap, at its place", () => {
  assert.deepEqual(
    translate([
      { type: "connection", conn: 1, connection: { rx: 100 }, flags: FLAG.late },
      { type: "data", conn: 1, direction: "read", offset: 100, data: "ab" },
      { type: "data", conn: 1, direction: "read", offset: 110, data: "cd" },
      { type: "close", conn: 1, flags: FLAG.reset },
    ]).lines,
    ["1 read 100 ab", "1 gap read 102 +8 ring-full", "1 read 110 cd", "1 close reset"],
  );
});

test("a connection whose record was lost is counted", () => {
  const { ledger, lines } = translate([{ type: "data", conn: 9, data: "abc" }]);
  assert.deepEqual(lines, []);
  assert.equal(ledger.book("socket-bytes").droppedBy.get("unknown-connection"), 3);
});

test("a socket that two processes have is one connection, and ends when both have closed it", () => {
  const connection = { socket: 5, role: 2 } as const;
  const { lines } = translate([
    { type: "connection", conn: 1, pid: 7, connection },
    { type: "close", conn: 1, pid: 7, flags: FLAG.stillOpen },
    { type: "connection", conn: 2, pid: 8, connection, flags: FLAG.late },
    { type: "data", conn: 2, pid: 8, direction: "read", data: "hi" },
    { type: "close", conn: 2, pid: 8 },
  ]);
  assert.deepEqual(lines, ["1 open server 127.0.0.1:1000 → 127.0.0.1:80", "1 read 0 hi", "1 close fin"]);
});

test("TLS is held until a library tells what it says, in either order", () => {
  const hello: RecordFields = { type: "data", conn: 1, direction: "write", data: CLIENT_HELLO };
  const plain: RecordFields = { type: "tlsData", direction: "write", aux: 99, data: "GET /" };
  const link: RecordFields = { type: "tlsLink", conn: 1, aux: 99 };
  for (const order of [
    [hello, link, plain],
    [hello, plain, link],
    [hello, { ...plain, conn: 1 }],
  ]) {
    const { lines, ledger, budget } = translate([
      { type: "connection", conn: 1, connection: {} },
      ...order,
      { type: "close", conn: 1 },
    ]);
    assert.deepEqual(lines, [
      "1 open client 127.0.0.1:1000 → 127.0.0.1:80",
      "1 write 0 GET / decrypted",
      "1 close fin",
    ]);
    assert.equal(ledger.book("socket-bytes").skippedBy.get("ciphertext"), CLIENT_HELLO.length);
    assert.equal(budget.used, 0);
  }
});

test("TLS that no library tells of is handed on at the end", () => {
  const { lines } = translate([
    { type: "connection", conn: 1, connection: {} },
    { type: "data", conn: 1, direction: "write", data: CLIENT_HELLO },
    { type: "close", conn: 1 },
  ]);
  assert.deepEqual(lines.slice(1), [`1 write 0 ${Buffer.from(CLIENT_HELLO).toString("latin1")}`, "1 close fin"]);
});

test("a connection that begins with a hello is TLS from then on, and one that does not is none", () => {
  const { connections } = translate([
    { type: "connection", conn: 1, connection: {} },
    { type: "data", conn: 1, direction: "write", data: CLIENT_HELLO },
    { type: "connection", conn: 2, connection: { socket: 2 } },
    { type: "data", conn: 2, direction: "write", data: new Uint8Array([0x16, 3, 1, 0, 5, 9, 0, 0, 1, 0]) },
    { type: "connection", conn: 3, connection: { socket: 3 } },
    { type: "data", conn: 3, direction: "write", data: "GET /" },
  ]);
  assert.deepEqual(
    connections.map(({ tls }) => tls !== undefined),
    [true, false, false],
  );
});

test("plaintext that comes after its ciphertext was handed on is another connection", () => {
  const { lines } = translate([
    { type: "connection", conn: 1, connection: {} },
    { type: "data", conn: 1, direction: "write", data: CLIENT_HELLO },
    "wait",
    { type: "tlsData", conn: 1, aux: 99, direction: "read", data: "200" },
  ]);
  assert.deepEqual(lines.slice(2), ["1 close unknown", "2 read 0 200 decrypted", "2 close unknown"]);
});

test("each end that a datagram socket speaks with is a connection; who speaks first asks", () => {
  const { lines } = translate([
    { type: "connection", conn: 1, connection: { udp: true, remote: [[0, 0, 0, 0], 0] } },
    { type: "data", conn: 1, direction: "write", data: "ask", peer: [[10, 0, 0, 1], 53], flags: FLAG.peer },
    { type: "data", conn: 1, direction: "read", data: "hey", peer: [[10, 0, 0, 2], 9], flags: FLAG.peer },
    { type: "data", conn: 1, direction: "read", data: "answer", peer: [[10, 0, 0, 1], 53], flags: FLAG.peer },
    { type: "close", conn: 1 },
  ]);
  assert.deepEqual(lines, [
    "1 write 0 ask client 10.0.0.1:53",
    "2 read 0 hey server 10.0.0.2:9",
    "1 read 0 answer client 10.0.0.1:53",
    "1 close unknown",
    "2 close unknown",
  ]);
});

test("of a connected datagram socket, calls that name the other end and those that do not are one connection", () => {
  const { lines } = translate([
    { type: "connection", conn: 1, connection: { udp: true, remote: [[10, 0, 0, 1], 53] } },
    { type: "data", conn: 1, direction: "write", data: "ask" },
    { type: "data", conn: 1, direction: "read", data: "answer", peer: [[10, 0, 0, 1], 53], flags: FLAG.peer },
    { type: "data", conn: 1, direction: "write", data: "hey", peer: [[10, 0, 0, 2], 53], flags: FLAG.peer },
    { type: "close", conn: 1 },
  ]);
  assert.deepEqual(lines, [
    "1 write 0 ask client 10.0.0.1:53",
    "1 read 0 answer client 10.0.0.1:53",
    "2 write 0 hey client 10.0.0.2:53",
    "1 close unknown",
    "2 close unknown",
  ]);
});

test("an answer that another thread read before the question was told waits for it", () => {
  const { lines } = translate([
    { type: "connection", conn: 1, connection: {} },
    { type: "data", conn: 1, direction: "read", data: "200", tid: 2 },
    { type: "data", conn: 1, direction: "write", data: "GET", tid: 1 },
    { type: "data", conn: 1, direction: "read", data: "unasked", offset: 3, tid: 2 },
    "settle",
    { type: "close", conn: 1 },
  ]);
  assert.deepEqual(lines.slice(1), ["1 write 0 GET", "1 read 0 200", "1 read 3 unasked", "1 close fin"]);
});

test("a process that ends closes what it had; what it ran is told", () => {
  const { lines, processes } = translate([
    { type: "process", pid: 7, command: "sh" },
    { type: "exec", pid: 7, command: "curl" },
    { type: "connection", conn: 1, pid: 7, connection: {} },
    { type: "exit", pid: 7, command: "curl" },
  ]);
  assert.deepEqual(lines.at(-1), "1 close unknown");
  assert.deepEqual(
    processes.map(({ kind, command }) => `${kind} ${command}`),
    ["found sh", "exec curl", "exit curl"],
  );
});

test("addresses of IPv6 sockets that carry IPv4 are IPv4's", () => {
  const mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 1, 2, 3];
  const v6 = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
  const { lines } = translate([
    { type: "connection", conn: 1, connection: { local: [mapped, 1], remote: [mapped, 2] } },
    { type: "connection", conn: 2, connection: { socket: 2, local: [v6, 1], remote: [v6, 2] } },
  ]);
  assert.deepEqual(lines.slice(0, 2), [
    "1 open client 10.1.2.3:1 → 10.1.2.3:2",
    "2 open client [2001:db8::1]:1 → [2001:db8::1]:2",
  ]);
});

test("plaintext of no connection is another analyzer's where it is a copy, or as soon as that is told", () => {
  const plain: RecordFields = { type: "tlsData", aux: 99, direction: "write", data: "GET /" };
  const copy = { ...plain, flags: FLAG.copy };
  const unlinked: RecordFields = { type: "tlsLink", conn: 0, aux: 99 };
  for (const records of [[copy, "wait"], [copy], [plain, unlinked, "wait"], [copy, unlinked]] as const) {
    const { lines, ledger } = translate(records);
    assert.deepEqual(lines, []);
    assert.equal(ledger.book("unassigned-plaintext").skippedBy.get("other-analyzer"), 5);
  }
  // Where its connection is this one's, it is shown, and what is told to the others changes nothing.
  const { lines } = translate([
    { type: "connection", conn: 1, connection: {} },
    copy,
    { type: "tlsLink", conn: 1, aux: 99 },
    unlinked,
    { ...plain, conn: 1, offset: 5, data: " HTTP" },
  ]);
  assert.deepEqual(lines.slice(1), ["1 write 0 GET / decrypted", "1 write 5  HTTP decrypted", "1 close unknown"]);
  assert.deepEqual(translate([plain, "wait"]).lines, ["1 write 0 GET / decrypted", "1 close unknown"]);
});

test("a connection whose end was lost ends, unless it goes on; its losses are told once", () => {
  const open = new Set([2, 3]);
  const known = {
    hasLost: true,
    isOpen: (id: number, pid: number, fd: number) => pid === 7 && fd === 5 && open.has(id),
    lossOf: (id: number) => (id === 1 || id === 2 ? { records: id, bytes: 100 } : undefined),
  };
  const connection = (conn: number, socket: number, flags = 0): RecordFields => ({
    ...{ type: "connection", conn, fd: 5, flags, connection: { socket, local: [[127, 0, 0, 1], socket] } },
  });
  const { lines, losses } = translate(
    [
      connection(1, 1),
      connection(2, 2),
      connection(4, 4),
      "wait",
      connection(3, 4, FLAG.late),
      "wait",
      "wait",
      { type: "data", conn: 3, direction: "write", data: "goes on" },
      { type: "close", conn: 2, aux: 7, offset: 70 },
      { type: "close", conn: 3 },
    ],
    known,
  );
  assert.deepEqual(lines.slice(3), ["1 close unknown", "3 write 0 goes on", "2 close fin", "3 close fin"]);
  assert.deepEqual(losses, ["connection 1: 1 records, 100 bytes", "connection 2: 7 records, 70 bytes"]);
});

function translate(
  records: readonly (RecordFields | "wait" | "settle")[],
  known?: NonNullable<RecordTranslatorOptions["known"]>,
) {
  const lines: string[] = [];
  const losses: string[] = [];
  const processes: ProcessEvent[] = [];
  const connections = new Set<Connection>();
  const ledger = new Ledger();
  const budget = new MemoryBudget(1e6);
  const translator = new RecordTranslator({
    observer: {
      observe(event) {
        connections.add(event.connection);
        lines.push(describe(event));
      },
    },
    ledger,
    budget,
    processes: new ProcessTable(),
    clock: new WallTime(),
    onProcess: (event) => processes.push(event),
    onLost: ({ attributes }) =>
      losses.push(
        `connection ${attributes["connection"]}: ${attributes["lost.events"]} records, ${attributes["size"]} bytes`,
      ),
    ...(known && { known }),
  });
  for (const fields of records) {
    if (fields === "wait") translator.sweep(performance.now() + 60_000);
    else if (fields === "settle") translator.settle();
    else {
      const bytes = makeRecord(fields);
      translator.take(new DataView(bytes.buffer), bytes, 0, bytes.length);
    }
  }
  translator.finish();
  assert.ok(ledger.balanced);
  assert.deepEqual(ledger.unsettled, []);
  assert.equal(budget.used, 0);
  return { lines, losses, processes, connections: [...connections], ledger, budget };
}

function describe(event: SocketEvent): string {
  const { id, role, local, remote, transport, tls } = event.connection;
  switch (event.kind) {
    case "open":
      return `${id} open ${role} ${formatEndpoint(local)} → ${formatEndpoint(remote)}`;
    case "gap":
      return `${id} gap ${event.direction} ${event.offset} +${event.size} ${event.reason}`;
    case "close":
      return `${id} close ${event.how}`;
    case "data": {
      const text = event.endStream ? "end" : Buffer.from(event.data).toString("latin1");
      const missing = event.missing === undefined ? "" : ` (${event.missing} missing)`;
      const peer = transport === "udp" ? ` ${role} ${formatEndpoint(remote)}` : "";
      return `${id} ${event.direction} ${event.offset} ${text}${missing}${peer}${tls?.decrypted ? " decrypted" : ""}`;
    }
  }
}
