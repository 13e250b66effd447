/**
 * How many exchanges a second of what the kernel's ring holds are analysed by one core: records of 50 connections that take turns, as
 * `agent -c` gets them, from the record to the access log. CPU of the process, medians.
 */
import { createAccessLogPipeline } from "../src/cli/agent/access-log-analyzer.ts";
import { Ledger, MemoryBudget } from "../src/model/index.ts";
import { AccessLogs, settleLogs } from "../src/sink/skywalking/access-logs.ts";
import { RecordTranslator } from "../src/source/ebpf/events/record-translator.ts";
import { WallTime } from "../src/source/ebpf/events/wall-time.ts";
import { ProcessTable } from "../src/source/ebpf/processes/process-table.ts";
import { makeRecord } from "../test/support/kernel-records.ts";
import { median } from "./support/process-usage.ts";

const CONNECTIONS = 50;
const EXCHANGES = 60_000;
const ROUNDS = 7;
const REQUEST =
  "GET /products/4711?colour=red HTTP/1.1\r\nhost: shop.example\r\nuser-agent: bench\r\naccept: */*\r\n\r\n";
const RESPONSE = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 12\r\n\r\nhello world\n";

const ring = fillRing();
const rates: number[] = [];
for (let round = 0; round < ROUNDS; round++) rates.push(await analyse());
console.log(`${Math.round(median(rates))} exchanges/s a core (${rates.map(Math.round).join(", ")}; wanted ≥ 100000)`);

async function analyse(): Promise<number> {
  const ledger = new Ledger();
  const budget = new MemoryBudget(96 * 1024 * 1024);
  const clock = new WallTime();
  const logs = new AccessLogs({
    ledger,
    boot: clock.boot,
    findPeer: () => undefined,
    most: 1e9,
    mostCalls: 1e9,
    mostEnds: 1e9,
    full: 2000,
    onFull: () => settleLogs(ledger, logs.take(0)),
  });
  const pipeline = createAccessLogPipeline(logs, ledger, budget);
  const processes = new ProcessTable();
  const onOperation = logs.operation.bind(logs);
  const translator = new RecordTranslator({ observer: pipeline, ledger, budget, processes, clock, onOperation });
  const view = new DataView(ring.bytes.buffer);
  const before = process.cpuUsage();
  for (const [at, length] of ring.records) translator.take(view, ring.bytes, at, length);
  translator.settle();
  const { user, system } = process.cpuUsage(before);
  translator.finish();
  await pipeline.close(Number.POSITIVE_INFINITY);
  settleLogs(ledger, logs.take(Number.POSITIVE_INFINITY));
  const { handled } = ledger.book("protocol-logs");
  if (handled !== EXCHANGES) throw new Error(`${handled} of ${EXCHANGES} exchanges`);
  return EXCHANGES / ((user + system) / 1e6);
}

function fillRing(): { bytes: Uint8Array; records: [at: number, length: number][] } {
  const records: Uint8Array[] = [];
  const sent = new Array<number>(CONNECTIONS).fill(0);
  const received = new Array<number>(CONNECTIONS).fill(0);
  let time = 1e12;
  for (let conn = 0; conn < CONNECTIONS; conn++)
    records.push(
      makeRecord({
        type: "connection",
        conn: conn + 1,
        time: time++,
        connection: { socket: conn + 1, role: 2, local: [[127, 0, 0, 1], 80], remote: [[127, 0, 0, 2], 2000 + conn] },
      }),
    );
  for (let index = 0; index < EXCHANGES; index++) {
    const which = index % CONNECTIONS;
    time += 50_000;
    records.push(
      makeRecord({ type: "data", conn: which + 1, time, direction: "read", offset: received[which]!, data: REQUEST }),
      makeRecord({
        type: "data",
        conn: which + 1,
        time: time + 9000,
        direction: "write",
        offset: sent[which]!,
        data: RESPONSE,
      }),
    );
    received[which] = received[which]! + REQUEST.length;
    sent[which] = sent[which]! + RESPONSE.length;
  }
  const bytes = new Uint8Array(records.reduce((sum, { length }) => sum + ((length + 7) & ~7), 0));
  let at = 0;
  const places = records.map((record): [number, number] => {
    bytes.set(record, at);
    at += (record.length + 7) & ~7;
    return [at - ((record.length + 7) & ~7), record.length];
  });
  return { bytes, records: places };
}
