import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, describe, mock, test } from "node:test";
import { buildExchange } from "../../../test/support/build-exchange.ts";
import { checkHar } from "../../../test/support/check-har.ts";
import { makeTemporaryFolder } from "../../../test/support/temporary-folder.ts";
import { type Connection, isTaken, Ledger, MemoryBudget, SILENT_LOGGER } from "../../model/index.ts";
import type { FileDestination, SinkFormat } from "../../tap/index.ts";
import { TraceReader, type TraceWrapper } from "../../wire/envoy/index.ts";
import { InlineFileExecutor } from "./batch/file-executor.ts";
import { type FileSystem, NODE_FILE_SYSTEM } from "./batch/file-system.ts";
import { FilePerTapSink, SingleFileSink } from "./file-per-tap-sink.ts";
import { TraceFiles } from "./trace-files.ts";

const folder = makeTemporaryFolder();
after(folder.remove);
afterEach(() => mock.timers.reset());

const connection: Connection = {
  id: 12n,
  transport: "tcp",
  local: { kind: "ip", address: "127.0.0.1", port: 80 },
  remote: { kind: "ip", address: "127.0.0.1", port: 50000 },
  role: "server",
};
const segment = (id: number, text: string): TraceWrapper => ({
  trace: {
    kind: "http-streamed",
    traceId: BigInt(id),
    piece: { kind: "request-body-chunk", body: { asBytes: Buffer.from(text), truncated: false } },
  },
});
const trace = (id: number): TraceWrapper => ({
  trace: { kind: "socket-buffered", traceId: BigInt(id), events: [], readTruncated: false, writeTruncated: false },
});

let prefixes = 0;

function make(format: SinkFormat, destination: Partial<FileDestination> = {}, fileSystem = NODE_FILE_SYSTEM) {
  const name = `tap${prefixes++}`;
  const ledger = new Ledger();
  const budget = new MemoryBudget(1_000_000);
  const executor = new InlineFileExecutor(fileSystem);
  const files = new TraceFiles({ executor, budget, ledger, logger: SILENT_LOGGER });
  const pathPrefix = join(folder.path, name);
  const sink = new SingleFileSink(
    { kind: "file-per-tap", pathPrefix, single: {}, ...destination },
    { format, connectionLayout: "new" },
    files,
  );
  const list = () =>
    readdirSync(folder.path)
      .filter((file) => file.startsWith(`${name}_`))
      .sort();
  const finish = async () => {
    sink.close();
    await files.close();
    assert.ok(ledger.balanced, ledger.format().join("\n"));
    assert.equal(budget.used, 0);
    return list().map((file) => join(folder.path, file));
  };
  const submit = (id: number, wrapper = trace(id)) => {
    const handle = sink.open({ id: BigInt(id), connection });
    const submission = handle.submit(wrapper);
    handle.close();
    return isTaken(submission);
  };
  return { pathPrefix, sink, files, ledger, list, finish, submit };
}

function readTraces(path: string): TraceWrapper[] {
  const wrappers: TraceWrapper[] = [];
  const reader = new TraceReader((record) => {
    if (record.kind === "wrapper") wrappers.push(structuredClone(record.wrapper));
  });
  reader.push(readFileSync(path));
  reader.end();
  assert.equal(reader.problem, undefined);
  return wrappers;
}

const idsOf = (path: string) =>
  readTraces(path).map(({ trace }) => ("traceId" in trace ? Number(trace.traceId) : undefined));

describe("many traces in one file", () => {
  for (const format of [
    "PROTO_BINARY_LENGTH_DELIMITED",
    "PROTO_TEXT",
    "JSON_BODY_AS_BYTES",
    "JSON_BODY_AS_STRING",
  ] as const)
    test(`${format}: messages as they come, of several traces in turn`, async () => {
      const { sink, finish, list, files } = make(format);
      const [one, two] = [sink.open({ id: 1n, connection }), sink.open({ id: 2n, connection })];
      for (const handle of [one, two, one]) assert.equal(handle.submit(segment(handle === one ? 1 : 2, "x")), "taken");
      one.close();
      two.close();
      await files.flush();
      assert.match(list().join(), /^tap\d+_\d{8}T\d{6}Z_\d+-\d{4,}\.\w+\.partial$/);
      const [path, ...others] = await finish();
      assert.deepEqual(others, []);
      assert.deepEqual(idsOf(path!), [1, 2, 1]);
      assert.equal(statSync(path!).mode & 0o777, 0o600);
    });

  test("nothing submitted, no file", async () => assert.deepEqual(await make("PROTO_TEXT").finish(), []));

  test("after its end, what still comes is lost", async () => {
    const { sink, submit, finish } = make("PROTO_TEXT");
    submit(1);
    sink.close();
    assert.equal(submit(2), false);
    const [path] = await finish();
    assert.deepEqual(idsOf(path!), [1]);
  });

  test("HAR: whole documents", async () => {
    const { sink, finish, submit } = make("HAR");
    for (const target of ["/a", "/b?c=d"]) {
      const handle = sink.open({ id: 1n, connection });
      assert.equal(handle.submitExchange!(buildExchange({ target, responseBody: "hi" })), "taken");
      handle.close();
    }
    assert.equal(submit(3), false, "a trace that tells of no exchange");
    sink.rotate();
    const handle = sink.open({ id: 1n, connection });
    handle.submitExchange!(buildExchange());
    const paths = await finish();
    const documents = paths.map((path) => JSON.parse(readFileSync(path, "utf8")));
    assert.deepEqual(documents.map(checkHar), [[], []]);
    assert.deepEqual(
      documents.map(({ log }) => log.entries.map((entry: { request: { url: string } }) => entry.request.url)),
      [["http://example.com/a", "http://example.com/b?c=d"], ["http://example.com/"]],
    );
  });
});

describe("rolling", () => {
  test("by size: no file is larger, nothing is cut, and one message that is larger has a file of its own", async () => {
    const { submit, finish } = make("PROTO_BINARY_LENGTH_DELIMITED", { single: { maxBytes: 100 } });
    const sizes = [10, 20, 30, 60, 500, 10, 10];
    for (const [id, size] of sizes.entries()) assert.ok(submit(id, segment(id + 1, "x".repeat(size))));
    const paths = await finish();
    assert.deepEqual(paths.map(idsOf), [[1, 2, 3], [4], [5], [6, 7]]);
    for (const path of paths) assert.ok(statSync(path).size <= 100 || idsOf(path).length === 1);
  });

  test("HAR: its end counts", async () => {
    const { sink, finish } = make("HAR", { single: { maxBytes: 4000 } });
    for (let index = 0; index < 12; index++) {
      const handle = sink.open({ id: 1n, connection });
      handle.submitExchange!(buildExchange({ responseBody: "x".repeat(index * 10) }));
      handle.close();
    }
    const paths = await finish();
    assert.ok(paths.length > 1);
    for (const path of paths) {
      assert.deepEqual(checkHar(JSON.parse(readFileSync(path, "utf8"))), []);
      assert.ok(statSync(path).size <= 4000);
    }
  });

  test("by time, without anything coming", async () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    const { submit, finish, files, list } = make("PROTO_TEXT", { single: { intervalMillis: 60_000 } });
    submit(1);
    mock.timers.tick(59_000);
    submit(2);
    mock.timers.tick(2000);
    await files.flush();
    assert.equal(list().length, 1);
    assert.ok(!list()[0]!.endsWith(".partial"));
    submit(3);
    assert.deepEqual((await finish()).map(idsOf), [[1, 2], [3]]);
  });

  test("when told to, and nothing is there to be finished", async () => {
    const { sink, submit, finish } = make("PROTO_TEXT");
    sink.rotate();
    submit(1);
    sink.rotate();
    sink.rotate();
    submit(2);
    assert.deepEqual((await finish()).map(idsOf), [[1], [2]]);
  });

  test("keeps so many, those of earlier runs among them, and nobody else's", async () => {
    const { pathPrefix, sink, submit, finish, files, list } = make("PROTO_TEXT", { keep: 3 });
    const earlier = `${pathPrefix}_20200101T000000Z_1-0001.pb_text`;
    const others = [`${pathPrefix}_notes.pb_text`, `${pathPrefix}_20200101T000000Z_1-0001.json`];
    for (const path of [earlier, ...others]) writeFileSync(path, "");
    for (let id = 1; id <= 5; id++) {
      submit(id);
      sink.rotate();
      await files.flush();
      const own = list().filter((file) => !others.includes(join(folder.path, file)));
      assert.equal(own.length, Math.min(id + 1, 3));
    }
    assert.equal(files.deletedFiles, 3);
    const left = (await finish()).filter((path) => !others.includes(path));
    assert.deepEqual(left.map(idsOf), [[3], [4], [5]]);
    assert.ok(others.every((path) => statSync(path).size === 0));
  });

  test("of the files of earlier runs the oldest go first, whatever their names are", async () => {
    const { pathPrefix, sink, submit, finish, files, list } = make("PROTO_TEXT", { keep: 3 });
    const earlier = [3, 1, 2].map((age, at) => {
      const path = `${pathPrefix}_20200101T00000${at}Z_1-0001.pb_text`;
      writeFileSync(path, "");
      utimesSync(path, 1000 - age, 1000 - age);
      return { age, path };
    });
    for (const left of [[1, 2], [1], []]) {
      submit(1);
      sink.rotate();
      await files.flush();
      const names = list().map((file) => join(folder.path, file));
      assert.deepEqual(
        earlier
          .filter(({ path }) => names.includes(path))
          .map(({ age }) => age)
          .sort(),
        left,
      );
    }
    await finish();
  });

  test("a file that cannot be written: counted, and the next one can", async () => {
    let isFull = true;
    const fileSystem: FileSystem = {
      ...NODE_FILE_SYSTEM,
      write: (descriptor, bytes) => {
        if (isFull) throw Object.assign(new Error("made up"), { code: "ENOSPC" });
        return NODE_FILE_SYSTEM.write(descriptor, bytes);
      },
    };
    const { sink, submit, finish, files, ledger } = make("HAR", {}, fileSystem);
    const entry = () => {
      const handle = sink.open({ id: 1n, connection });
      const submission = handle.submitExchange!(buildExchange());
      handle.close();
      return isTaken(submission);
    };
    entry();
    await files.flush();
    assert.equal(entry(), false);
    isFull = false;
    sink.rotate();
    assert.equal(entry(), true);
    assert.equal(submit(1), false);
    const [path, ...more] = await finish();
    assert.deepEqual([checkHar(JSON.parse(readFileSync(path!, "utf8"))), more], [[], []]);
    assert.equal(ledger.book("trace-files").droppedBy.get("enospc"), 1);
  });
});

test("a file a trace: so many are kept", async () => {
  const name = `tap${prefixes++}`;
  const budget = new MemoryBudget(1_000_000);
  const executor = new InlineFileExecutor(NODE_FILE_SYSTEM);
  const files = new TraceFiles({ executor, budget, ledger: new Ledger(), logger: SILENT_LOGGER });
  const sink = new FilePerTapSink(
    join(folder.path, name),
    { format: "PROTO_BINARY", connectionLayout: "new" },
    files,
    2,
  );
  for (const id of [3n, 1n, 2n, 7n]) {
    const handle = sink.open({ id, connection });
    handle.submit(trace(Number(id)));
    handle.close();
  }
  await files.close();
  const left = readdirSync(folder.path).filter((file) => file.startsWith(`${name}_`));
  assert.deepEqual(left.sort(), [`${name}_2.pb`, `${name}_7.pb`]);
});
