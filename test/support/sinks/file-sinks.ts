import { join } from "node:path";
import type { TestContext } from "node:test";
import { Intake } from "../../../src/collector/intake/intake.ts";
import type { ExchangeStore } from "../../../src/collector/store/exchange-store.ts";
import { RawKeeper } from "../../../src/collector/store/raw-keeper.ts";
import { SqliteStore } from "../../../src/collector/store/sqlite-store.ts";
import {
  type HttpExchange,
  Ledger,
  MemoryBudget,
  SILENT_LOGGER,
  type Sink,
  type Submission,
} from "../../../src/model/index.ts";
import { BufferedAdminSink, StreamingAdminSink } from "../../../src/sink/admin/admin-trace-sink.ts";
import { DocumentStream } from "../../../src/sink/admin/document-stream.ts";
import { createRecordSink } from "../../../src/sink/capture-file/exchange-records.ts";
import { PacketWriting } from "../../../src/sink/capture-file/packet-writing.ts";
import { TraceFileSink } from "../../../src/sink/capture-file/trace-file-sink.ts";
import { createTraceTarget } from "../../../src/sink/capture-file/trace-target.ts";
import { TraceWriting } from "../../../src/sink/capture-file/trace-writing.ts";
import {
  CaptureFileSink,
  FilePerTapSink,
  InlineFileExecutor,
  SingleFileSink,
  TraceFiles,
} from "../../../src/sink/file/index.ts";
import { FlightRecorder } from "../../../src/sink/flight-recorder/flight-recorder.ts";
import { ReplaySink } from "../../../src/sink/wasm-replay/replay-sink.ts";
import type { SinkFormat, TraceSinkHandle } from "../../../src/tap/index.ts";
import type { Plugin } from "../../../src/wasm-host/index.ts";
import type { TraceRow } from "../../../src/wire/format.ts";
import { findFormat } from "../../../src/wire/formats.ts";
import { buildExchange } from "../build-exchange.ts";
import { FakeFileSystem } from "../fake-file-system.ts";
import { CONNECTION, trace } from "../tap-routes.ts";
import { makeTemporaryFolder } from "../temporary-folder.ts";
import { FaultyStream, faultyTask } from "./faulty-outputs.ts";
import type { Fault, FaultySink, SinkCase } from "./sink-case.ts";

const EXCHANGE = buildExchange({ responseBody: "one two three ".repeat(300) });
const TRACE = trace(1, 3000);
const IDENTITY = { id: 1n, connection: CONNECTION };

function over<Item>(sink: Sink<Item>, item: Item, ledger: Ledger, budget: MemoryBudget, heal?: () => void): FaultySink {
  return {
    submit: () => sink.submit(item),
    whenReady: () => sink.whenReady(),
    close: () => sink.close(Number.POSITIVE_INFINITY),
    ...(heal && { heal }),
    ledger,
    budget,
  };
}

/** Files on a disk that is full, or that takes its time. */
function openFiles(fault: Fault) {
  const [ledger, budget, disk] = [new Ledger(), new MemoryBudget(500_000), new FakeFileSystem()];
  if (fault === "fails") disk.failing["write"] = "ENOSPC";
  const executor = new InlineFileExecutor(disk);
  const held: (() => void)[] = [];
  let isSlow = fault === "slow";
  const files = new TraceFiles({
    executor: {
      run: (batch, done) => void (isSlow ? held.push(() => executor.run(batch, done)) : executor.run(batch, done)),
      close: () => executor.close(),
    },
    ...{ ledger, budget, logger: SILENT_LOGGER },
  });
  const heal = (): void => {
    isSlow = false;
    for (const run of held.splice(0)) run();
  };
  return { files, ledger, budget, heal };
}

type OpenedFiles = ReturnType<typeof openFiles>;

function fileCase(
  name: string,
  open: (files: TraceFiles) => TraceSinkHandle & { end?: () => Promise<void> },
): SinkCase {
  return {
    file: "file/file-per-tap-sink.ts",
    name,
    whenSlow: "drops",
    open(fault) {
      const { files, ledger, budget, heal }: OpenedFiles = openFiles(fault);
      const handle = open(files);
      const submit = (): Submission => (handle.submitExchange ? handle.submitExchange(EXCHANGE) : handle.submit(TRACE));
      const close = async (): Promise<void> => {
        handle.close();
        await handle.end?.();
        heal();
        await files.close();
      };
      return { submit, close, ledger, budget };
    },
  };
}

const FORMATS: readonly SinkFormat[] = ["JSON_BODY_AS_BYTES", "PROTO_BINARY_LENGTH_DELIMITED", "PCAPNG", "HAR"];

const TAP_FILES: readonly SinkCase[] = FORMATS.flatMap((format) => {
  const form = { format, connectionLayout: "new" } as const;
  return [
    fileCase(`a file a trace, ${format}`, (files) => new FilePerTapSink("/t", form, files).open(IDENTITY)),
    fileCase(`one file of traces, ${format}`, (files) => {
      const sink = new SingleFileSink({ kind: "file-per-tap", pathPrefix: "/s", single: {} }, form, files);
      const handle = sink.open(IDENTITY);
      return {
        submit: (wrapper, facts) => handle.submit(wrapper, facts),
        ...(handle.submitExchange && { submitExchange: (exchange) => handle.submitExchange!(exchange) }),
        close: () => handle.close(),
        end: () => sink.close(),
      };
    }),
  ];
});

const CAPTURE: SinkCase = {
  file: "file/file-per-tap-sink.ts",
  name: "a file a capture",
  whenSlow: "drops",
  open(fault) {
    const { files, ledger, budget, heal } = openFiles(fault);
    const config = { pathPrefix: "/c", format: "PROTO_BINARY", maxCapturedBytes: 100_000 } as const;
    const handle = new CaptureFileSink(config, files).open(IDENTITY);
    const part = { events: [{ kind: "read", data: new Uint8Array(3000) }] } as const;
    const close = async (): Promise<void> => {
      handle.close();
      heal();
      await files.close();
    };
    return { submit: () => handle.submit(part), close, ledger, budget };
  },
};

/** A response to a reader of /tap. */
function openResponse(fault: Fault) {
  const [stream, ledger, budget] = [new FaultyStream(fault), new Ledger(), new MemoryBudget(200_000)];
  const book = ledger.book("documents");
  const options = { framing: "json", maxQueuedBytes: 50_000, budget, book } as const;
  const documents = new DocumentStream(stream as never, options);
  const leave = async (): Promise<void> => {
    stream.destroy();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { documents, ledger, budget, book, leave };
}

const ADMIN_OUTPUT = {
  format: "JSON_BODY_AS_BYTES",
  connectionLayout: "new",
  destination: { kind: "streaming-admin" },
} as never;

const ADMIN: readonly SinkCase[] = [
  {
    file: "admin/admin-trace-sink.ts",
    name: "streaming_admin",
    whenSlow: "drops",
    open(fault) {
      const { documents, ledger, budget, leave } = openResponse(fault);
      const handle = new StreamingAdminSink(documents, ADMIN_OUTPUT).open();
      return { submit: () => handle.submit(TRACE), close: leave, ledger, budget };
    },
  },
  {
    file: "admin/admin-trace-sink.ts",
    name: "buffered_admin",
    whenSlow: "drops",
    open(fault) {
      const { documents, ledger, budget, book, leave } = openResponse(fault);
      const limits = { maxTraces: 1_000_000 };
      const options = { stream: documents, sink: ADMIN_OUTPUT, limits, budget, book, finished() {} };
      const sink = new BufferedAdminSink(options);
      const handle = sink.open();
      const close = async (): Promise<void> => {
        sink.flush();
        await leave();
      };
      return { submit: () => handle.submit(TRACE), close, ledger, budget };
    },
  },
];

/** A file that is written by a command: nothing is lost, or the command fails. */
function openTraceFile(fault: Fault) {
  const ledger = new Ledger();
  const task = faultyTask(fault);
  const target = createTraceTarget(ledger, findFormat("json") as TraceRow);
  const write = async (): Promise<boolean> => {
    await task.run();
    return true;
  };
  const sink = new TraceFileSink(target, { write, async finish() {}, abandon() {} });
  return { sink, ledger, heal: task.heal };
}

function whole(context: TestContext, extension: string): string {
  const folder = makeTemporaryFolder();
  context.after(folder.remove);
  return join(folder.path, `out.${extension}`);
}

const COMMAND_FILES: readonly SinkCase[] = [
  {
    file: "capture-file/trace-file-sink.ts",
    name: "tap -w",
    whenSlow: "waits",
    open(fault) {
      const { sink, ledger, heal } = openTraceFile(fault);
      return over(sink, { kind: "wrapper", wrapper: TRACE, more: false } as const, ledger, new MemoryBudget(0), heal);
    },
  },
  {
    file: "capture-file/exchange-records.ts",
    name: "receive-traces -w",
    whenSlow: "waits",
    open(fault) {
      const { sink, ledger, heal } = openTraceFile(fault);
      const opened = over(createRecordSink(sink), EXCHANGE, ledger, new MemoryBudget(0), heal);
      return { ...opened, close: () => sink.close() };
    },
  },
  {
    file: "capture-file/packet-writing.ts",
    name: "read -w FILE.pcapng",
    whenSlow: "sums",
    afterClose: "takes",
    open(_fault, context) {
      const writing = new PacketWriting(whole(context, "pcapng"), { name: "x", format: "pcapng", filtered: true });
      return over(writing, EXCHANGE, new Ledger(), new MemoryBudget(0));
    },
  },
  {
    file: "capture-file/trace-writing.ts",
    name: "read -w FILE.json",
    whenSlow: "sums",
    afterClose: "takes",
    open(_fault, context) {
      const ledger = new Ledger();
      const writing = new TraceWriting(whole(context, "json"), findFormat("json") as TraceRow, ledger);
      return over(writing, EXCHANGE, ledger, new MemoryBudget(0));
    },
  },
];

/** A filter is only told of an exchange of which nothing was seen, and its calls are waited for. */
const REPLAY: SinkCase = {
  file: "wasm-replay/replay-sink.ts",
  name: "a filter that is replayed",
  whenSlow: "waits",
  open(fault) {
    const ledger = new Ledger();
    const machine = { micros: 0, callsUnderWay: fault === "slow" ? 1 : 0, memory: { size: 0 } };
    const openStream = () => {
      if (fault === "fails") throw new Error("made up");
      return { isAnswered: false, close() {} };
    };
    const plugin = { machine, openStream } as unknown as Plugin;
    const options = { partBytes: 1000, patienceMillis: 60_000 };
    const sink = new ReplaySink(plugin, ledger.book("replayed"), options, () => {});
    const { request: _request, response: _response, ...unseen } = EXCHANGE;
    const heal = (): void => {
      machine.callsUnderWay = 0;
    };
    return over(sink, unseen as HttpExchange, ledger, new MemoryBudget(0), heal);
  },
};

const RECORDER: SinkCase = {
  file: "flight-recorder/flight-recorder.ts",
  name: "the flight recorder",
  whenSlow: "sums",
  open(fault, context) {
    const [ledger, budget] = [new Ledger(), new MemoryBudget(500_000)];
    const folder = makeTemporaryFolder();
    context.after(folder.remove);
    const recorder = new FlightRecorder({
      keep: { bytes: 100_000, millis: 60_000 },
      path: join(folder.path, fault === "fails" ? "missing/dump.ndjson" : "dump.ndjson"),
      ...{ format: "ndjson", afterMillis: 0, everyMillis: 0, maxDumps: 3, ledger, budget, tell: () => {} },
    });
    const opened = over(recorder.output.exchanges!, EXCHANGE, ledger, budget);
    let count = 0;
    const submit = (): Submission => {
      // Where the file is written, it is not waited for.
      if (fault !== "closed" && count++ % 1000 === 0) void recorder.dump("a test");
      return opened.submit();
    };
    return { ...opened, submit };
  },
};

const COLLECTOR: readonly SinkCase[] = [
  {
    file: "../collector/intake/intake.ts",
    name: "what a collector keeps",
    whenSlow: "waits",
    afterClose: "takes",
    open(fault) {
      const [ledger, budget] = [new Ledger(), new MemoryBudget(500_000)];
      const task = faultyTask(fault);
      const append = async (): Promise<number> => {
        await task.run();
        return 1;
      };
      const intake = new Intake({ store: { append } as Partial<ExchangeStore> as ExchangeStore, ledger, budget });
      return over(intake.sinks.exchanges, EXCHANGE, ledger, budget, task.heal);
    },
  },
  {
    file: "../collector/store/raw-keeper.ts",
    name: "what a collector keeps raw",
    whenSlow: "drops",
    afterClose: "takes",
    async open(fault, context) {
      const [ledger, budget] = [new Ledger(), new MemoryBudget(500_000)];
      const folder = makeTemporaryFolder();
      context.after(folder.remove);
      const task = faultyTask(fault);
      context.mock.method(SqliteStore.prototype, "append", task.run);
      const options = { data: folder.path, ledger, budget, logger: SILENT_LOGGER, keepMillis: 1e12, maxBytes: 1e9 };
      const keeper = await RawKeeper.open(options);
      context.after(() => keeper.close());
      const opened = over(keeper.sink, EXCHANGE, ledger, budget, task.heal);
      const close = async (): Promise<void> => {
        task.heal();
        await opened.close();
      };
      return { ...opened, close };
    },
  },
];

export const FILE_SINKS: readonly SinkCase[] = [
  ...TAP_FILES,
  CAPTURE,
  ...ADMIN,
  ...COMMAND_FILES,
  REPLAY,
  RECORDER,
  ...COLLECTOR,
];
