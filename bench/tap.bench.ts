/**
 * The cost of a tap to the thread that forwards: CPU an event and a connection, memory of idle connections; and trace files: CPU a
 * file on that thread and in all, against files written by calls that wait (`openSync` … `renameSync`) and by callbacks.
 */
import { close, closeSync, mkdtempSync, open, openSync, rename, renameSync, rmSync, write, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Connection, Ledger, MemoryBudget, SILENT_LOGGER } from "../src/model/index.ts";
import { FilePerTapSink, TraceFiles, WorkerFileExecutor } from "../src/sink/file/index.ts";
import { ActiveTap, type SinkFormat, SocketTap, type TraceSink } from "../src/tap/index.ts";

const folder = mkdtempSync(join(tmpdir(), "tapline-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const budget = new MemoryBudget(1024 * 1024 * 1024);
const DISCARD: TraceSink = { open: () => ({ submit: () => "taken", close() {} }) };
const TIME = { seconds: 1_700_000_000, nanos: 123_456_000 };
const REQUEST = Buffer.alloc(120, "r");
const RESPONSE = Buffer.alloc(1200, "w");
let prefixes = 0;

await benchIdle();
await benchEvents();
await benchFiles();

async function benchEvents(): Promise<void> {
  const CASES: readonly (readonly [name: string, format: SinkFormat, streaming: boolean, writes: boolean])[] = [
    ["buffered, past the limits", "PROTO_BINARY", false, false],
    ["streamed, encoded as PROTO_BINARY_LENGTH_DELIMITED, written", "PROTO_BINARY_LENGTH_DELIMITED", true, true],
    ["streamed, encoded as JSON_BODY_AS_STRING, written", "JSON_BODY_AS_STRING", true, true],
    ["streamed as PCAPNG, written", "PCAPNG", true, true],
  ];
  for (const [name, format, streaming, writes] of CASES) {
    const { tap, files } = makeTap(format, streaming, writes);
    const observers = Array.from({ length: 64 }, (_, id) => attach(tap, id));
    const rounds = streaming ? 200 : 20_000;
    const run = async () => {
      for (let round = 0; round < rounds; round++)
        for (const { observer, connection } of observers) {
          const event = { kind: "data", connection, time: TIME, offset: 0 } as const;
          observer.observe({ ...event, direction: "read", data: REQUEST });
          observer.observe({ ...event, direction: "write", data: RESPONSE });
        }
      const cpu = process.threadCpuUsage();
      await files.flush();
      return cpu;
    };
    const microseconds = await measure(run, rounds * 64 * 2);
    console.log(`${name}: ${microseconds.toFixed(3)} µs CPU an event on the forwarding thread`);
    await files.close();
  }
}

async function benchIdle(): Promise<void> {
  const { tap, files } = makeTap("PROTO_BINARY_LENGTH_DELIMITED", true, true);
  globalThis.gc?.();
  attach(tap, 20_000);
  await files.flush();
  const before = process.memoryUsage().rss;
  const kept = Array.from({ length: 10_000 }, (_, id) => attach(tap, id));
  await files.flush();
  globalThis.gc?.();
  const bytes = (process.memoryUsage().rss - before) / kept.length;
  console.log(`10 000 idle streamed connections: ${(bytes / 1024).toFixed(1)} KiB of RSS each`);
  for (const { observer, connection } of kept) observer.observe({ kind: "close", connection, time: TIME, how: "fin" });
  await files.close();
}

async function benchFiles(): Promise<void> {
  const count = 5000;
  const body = Buffer.alloc(2200, "x");
  const name = (kind: string, index: number) => join(folder, `${kind}${prefixes}_${index}.pb`);
  const results = new Map<string, { thread: number; total: number }>();
  const race = async (kind: string, run: () => Promise<void> | void) => {
    prefixes++;
    const thread = process.threadCpuUsage();
    const total = process.cpuUsage();
    await run();
    const threadUsed = process.threadCpuUsage(thread);
    const totalUsed = process.cpuUsage(total);
    const result = {
      thread: (threadUsed.user + threadUsed.system) / count,
      total: (totalUsed.user + totalUsed.system) / count,
    };
    results.set(kind, result);
    console.log(
      `files, ${kind}: ${result.thread.toFixed(1)} µs CPU a file on the thread, ${result.total.toFixed(1)} in all`,
    );
  };
  const { tap, files } = makeTap("PROTO_BINARY", false, true);
  play(tap, 100);
  await files.flush();
  await race("tap, written by a thread", async () => {
    play(tap, count);
    await files.close();
  });
  await race("openSync", () => {
    for (let index = 0; index < count; index++) {
      const path = name("sync", index);
      const descriptor = openSync(`${path}.partial`, "w", 0o600);
      writeSync(descriptor, body);
      closeSync(descriptor);
      renameSync(`${path}.partial`, path);
    }
  });
  await race("open with callbacks, 16 at once", async () => {
    let next = 0;
    const one = (done: () => void) => {
      if (next === count) return done();
      const path = name("async", next++);
      open(`${path}.partial`, "w", 0o600, (_, descriptor) =>
        write(descriptor, body, () => close(descriptor, () => rename(`${path}.partial`, path, () => one(done)))),
      );
    };
    await Promise.all(Array.from({ length: 16 }, () => new Promise<void>(one)));
  });
  const ours = results.get("tap, written by a thread")!.thread;
  const sync = results.get("openSync")!.thread;
  console.log(`the forwarding thread gives a trace ${(ours / sync).toFixed(2)} × what openSync alone costs it`);
}

function makeTap(format: SinkFormat, streaming: boolean, writes: boolean) {
  const ledger = new Ledger();
  const files = new TraceFiles({
    executor: new WorkerFileExecutor(),
    budget,
    ledger,
    logger: SILENT_LOGGER,
    maxQueuedBytes: 512 * 1024 * 1024,
  });
  const pathPrefix = join(folder, `tap${prefixes++}`);
  const sink = { format, connectionLayout: "new", destination: { kind: "file-per-tap", pathPrefix } } as const;
  const output = { sink, maxBufferedRxBytes: 1024, maxBufferedTxBytes: 1024, streaming, minStreamedSentBytes: 0 };
  const active = new ActiveTap(
    { match: { kind: "any" }, output },
    writes ? new FilePerTapSink(pathPrefix, sink, files) : DISCARD,
  );
  const socket = { setConnectionPerEvent: false, statsPrefix: "" };
  return { tap: new SocketTap({ current: () => [active], socket, budget, ledger }), files };
}

function attach(tap: SocketTap, id: number) {
  const connection: Connection = {
    id: BigInt(id),
    transport: "tcp",
    local: { kind: "ip", address: "127.0.0.1", port: 80 },
    remote: { kind: "ip", address: "10.0.0.1", port: id & 0xffff },
    role: "server",
  };
  return { connection, observer: tap.attach(connection)! };
}

function play(tap: SocketTap, count: number): void {
  for (let id = 0; id < count; id++) {
    const { connection, observer } = attach(tap, id);
    const event = { kind: "data", connection, time: TIME, offset: 0 } as const;
    observer.observe({ ...event, direction: "read", data: REQUEST });
    observer.observe({ ...event, direction: "write", data: RESPONSE });
    observer.observe({ kind: "close", connection, time: TIME, how: "fin" });
  }
}

/** Microseconds of CPU of this thread, of one of `times`: the median of five runs. `run` gives when it was done. */
async function measure(run: () => Promise<NodeJS.CpuUsage>, times: number): Promise<number> {
  const results: number[] = [];
  for (let round = 0; round < 5; round++) {
    const before = process.threadCpuUsage();
    const after = await run();
    results.push((after.user + after.system - before.user - before.system) / times);
  }
  return results.sort((a, b) => a - b)[2]!;
}
