import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { FakeFileSystem } from "../../../test/support/fake-file-system.ts";
import { makeTemporaryFolder } from "../../../test/support/temporary-folder.ts";
import { isTaken, Ledger, type Logger, MemoryBudget, SILENT_LOGGER } from "../../model/index.ts";
import { InlineFileExecutor } from "./batch/file-executor.ts";
import { type FileSystem, NODE_FILE_SYSTEM } from "./batch/file-system.ts";
import { TraceFiles, type TraceFilesOptions } from "./trace-files.ts";

const folder = mkdtempSync(join(tmpdir(), "tapline-files-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const bytes = (text: string) => new TextEncoder().encode(text);

function make(options: Partial<TraceFilesOptions> & { fileSystem?: FileSystem; maxOpenFiles?: number } = {}) {
  const ledger = new Ledger();
  const budget = options.budget ?? new MemoryBudget(1_000_000);
  const logged: string[] = [];
  const logger: Logger = {
    ...SILENT_LOGGER,
    error: (fields, message) => logged.push(`${message} ${JSON.stringify(fields)}`),
  };
  const executor =
    options.executor ?? new InlineFileExecutor(options.fileSystem ?? NODE_FILE_SYSTEM, options.maxOpenFiles);
  const files = new TraceFiles({ ledger, logger, executor, ...options, budget });
  return { files, ledger, budget, logged, lines: () => ledger.format() };
}

describe("a file system that does what it is asked", () => {
  test("a file has its name when it is finished, and not before", async () => {
    const fileSystem = new FakeFileSystem();
    const { files, budget, lines } = make({ fileSystem });
    const file = files.open("/a_1.pb");
    await files.flush();
    assert.deepEqual([...fileSystem.files], [], "nothing before the first append");
    file.append(bytes("one,"));
    file.append(bytes("two,"));
    assert.equal(budget.used, 8);
    await files.flush();
    assert.deepEqual([...fileSystem.files], [["/a_1.pb.partial", "one,two,"]]);
    file.append(bytes("three"));
    file.finish();
    assert.deepEqual(file.append(bytes("late")), { dropped: "finished" });
    await files.flush();
    assert.deepEqual([...fileSystem.files], [["/a_1.pb", "one,two,three"]]);
    assert.deepEqual(lines(), ["trace-files: 1 in = 1 handled", "trace-file-bytes: 13 in = 13 handled"]);
    assert.equal(budget.used, 0);
    assert.equal(fileSystem.descriptors, 0);
  });

  test("a file to which nothing was appended does not come into being", async () => {
    const fileSystem = new FakeFileSystem();
    const { files, lines } = make({ fileSystem });
    files.open("/a_1.pb").finish();
    await files.flush();
    assert.deepEqual(fileSystem.calls, []);
    assert.deepEqual(lines(), ["trace-files: 0 in = 0 handled", "trace-file-bytes: 0 in = 0 handled"]);
  });

  test("the folder is removed while files grow: what was in them is lost, and booked as lost", async () => {
    const { path: folder, remove } = makeTemporaryFolder();
    try {
      const { files, lines, logged } = make();
      const inOneBatch = files.open(join(folder, "inner/a.pb"));
      const inTwo = files.open(join(folder, "inner/b.pb"));
      const whole = files.open(join(folder, "other/c.pb"));
      inTwo.append(bytes("two,"));
      whole.append(bytes("whole"));
      await files.flush();
      inOneBatch.append(bytes("one"));
      await files.flush();
      rmSync(join(folder, "inner"), { recursive: true });
      inTwo.append(bytes("three"));
      for (const file of [inOneBatch, inTwo, whole]) file.finish();
      await files.flush();
      assert.deepEqual(lines(), [
        "trace-files: 3 in = 1 handled + 2 dropped (enoent 2)",
        "trace-file-bytes: 17 in = 5 handled + 12 dropped (enoent 12)",
      ]);
      // The file on disk has what the book says.
      assert.equal(statSync(join(folder, "other/c.pb")).size, 5);
      assert.ok(logged.length > 0);
      await files.close();
    } finally {
      remove();
    }
  });

  for (const maxOpenFiles of [1, 10])
    test(`the folder is removed while a file grows: that is told when the next piece comes, and another file can be begun (of ${maxOpenFiles} open)`, async () => {
      const { path: folder, remove } = makeTemporaryFolder();
      try {
        const { files, lines, logged } = make({ maxOpenFiles });
        const first = files.open(join(folder, "inner/a.pb"));
        first.append(bytes("before"));
        await files.flush();
        const other = files.open(join(folder, "other/c.pb"));
        other.append(bytes("!"));
        await files.flush();
        rmSync(join(folder, "inner"), { recursive: true });
        first.append(bytes("after"));
        await files.flush();
        assert.equal(first.failure, "enoent");
        assert.equal(logged.length, 1);
        const second = files.open(join(folder, "inner/b.pb"));
        second.append(bytes("again"));
        first.finish();
        second.finish();
        other.finish();
        await files.flush();
        assert.equal(readFileSync(join(folder, "inner/b.pb"), "latin1"), "again");
        assert.deepEqual(lines(), [
          "trace-files: 3 in = 2 handled + 1 dropped (enoent 1)",
          "trace-file-bytes: 17 in = 6 handled + 11 dropped (enoent 11)",
        ]);
        await files.close();
      } finally {
        remove();
      }
    });

  test("many files at once, with few descriptors, interleaved", async () => {
    const fileSystem = new FakeFileSystem();
    const { files } = make({ fileSystem, maxOpenFiles: 3 });
    const all = Array.from({ length: 20 }, (_, index) => files.open(`/a_${index}.pb`));
    for (let round = 0; round < 4; round++) {
      for (const file of all) file.append(bytes(`${round}`));
      await files.flush();
      assert.ok(fileSystem.descriptors <= 3);
    }
    for (const file of all) file.finish();
    await files.flush();
    assert.deepEqual([...fileSystem.files.values()], Array(20).fill("0123"));
    assert.deepEqual([...fileSystem.files.keys()].sort(), all.map(({ path }) => path).sort());
    assert.equal(fileSystem.descriptors, 0);
  });

  test("pieces of any size arrive in order", async () => {
    const fileSystem = new FakeFileSystem();
    const { files } = make({ fileSystem, budget: new MemoryBudget(10_000_000) });
    const file = files.open("/a.pb");
    let expected = "";
    for (const size of [1, 300_000, 262_144, 5, 262_143, 2, 700_000]) {
      const piece = String.fromCharCode(97 + (size % 26)).repeat(size);
      assert.equal(file.append(bytes(piece)), "taken");
      expected += piece;
    }
    file.finish();
    await files.flush();
    assert.ok(fileSystem.files.get("/a.pb") === expected);
  });

  test("missing directories are made", async () => {
    const fileSystem = new FakeFileSystem();
    const { files } = make({ fileSystem });
    const file = files.open("/x/a.pb");
    file.append(bytes("1"));
    file.finish();
    await files.flush();
    assert.deepEqual(fileSystem.calls, [
      "open /x/a.pb.partial",
      "mkdir /x",
      "open /x/a.pb.partial",
      "write /x/a.pb.partial",
      "rename /x/a.pb.partial",
    ]);
  });
});

describe("a file system that fails", () => {
  test("a full disk: whole pieces stay under the partial name, others are counted, and the log tells once", async () => {
    const fileSystem = new FakeFileSystem();
    fileSystem.space = 10;
    let now = 0;
    const { files, budget, logged, lines } = make({ fileSystem, now: () => now });
    const first = files.open("/a.pb");
    for (const piece of ["1111", "2222", "3333"]) first.append(bytes(piece));
    await files.flush();
    const second = files.open("/b.pb");
    second.append(bytes("4444"));
    second.finish();
    await files.flush();
    assert.deepEqual([...fileSystem.files], [["/a.pb.partial", "11112222"]]);
    assert.ok(!isTaken(first.append(bytes("55555"))));
    first.finish();
    fileSystem.space = 100;
    const third = files.open("/c.pb");
    third.append(bytes("6"));
    third.finish();
    await files.flush();
    assert.equal(fileSystem.files.get("/c.pb"), "6", "what comes later is written again");
    assert.deepEqual(lines(), [
      "trace-files: 3 in = 1 handled + 2 dropped (enospc 2)",
      "trace-file-bytes: 22 in = 9 handled + 13 dropped (enospc 13)",
    ]);
    assert.equal(budget.used, 0);
    assert.equal(fileSystem.descriptors, 0);
    assert.equal(logged.length, 1);
    assert.match(logged[0]!, /^cannot write trace files: ENOSPC: made up .*"path":"\/a\.pb"/);

    now = 60_000;
    fileSystem.space = 0;
    files.open("/d.pb").append(bytes("7"));
    await files.flush();
    assert.match(logged[1]!, /"failures":2,"lostBytes":5\}$/, "tells of what it was silent about too");
  });

  for (const [call, code] of [
    ["open", "EACCES"],
    ["open", "EMFILE"],
    ["write", "EIO"],
    ["rename", "EXDEV"],
    ["mkdir", "EROFS"],
  ] as const)
    test(`${call} gives ${code}`, async () => {
      const fileSystem = new FakeFileSystem();
      fileSystem.failing[call] = code;
      const { files, logged, ledger } = make({ fileSystem });
      const file = files.open("/new/a.pb");
      if (call === "rename" || call === "write") fileSystem.directories.add("/new/");
      file.append(bytes("1"));
      file.finish();
      await files.flush();
      assert.equal(fileSystem.files.has("/new/a.pb"), false);
      assert.equal(fileSystem.descriptors, 0);
      assert.equal(ledger.book("trace-files").droppedBy.get(code.toLowerCase()), 1);
      assert.ok(ledger.balanced);
      assert.equal(ledger.book("trace-file-bytes").buffered, 0);
      assert.equal(logged.length, 1);
    });

  test("pieces for a file that failed in a batch before are counted", async () => {
    const fileSystem = new FakeFileSystem();
    const waiting: (() => void)[] = [];
    const inline = new InlineFileExecutor(fileSystem);
    const executor = {
      run: (...args: Parameters<InlineFileExecutor["run"]>) => void waiting.push(() => inline.run(...args)),
      close: () => inline.close(),
    };
    const { files, lines } = make({ executor });
    fileSystem.space = 1;
    const file = files.open("/a.pb");
    const flushes: Promise<void>[] = [];
    for (const piece of ["1", "22", "333"]) {
      file.append(bytes(piece));
      flushes.push(files.flush());
    }
    file.finish();
    flushes.push(files.flush());
    while (waiting.length > 0) waiting.shift()!();
    await Promise.all(flushes);
    assert.deepEqual(lines(), [
      "trace-files: 1 in = 0 handled + 1 dropped (enospc 1)",
      "trace-file-bytes: 6 in = 1 handled + 5 dropped (enospc 5)",
    ]);
  });
});

test("a thread that dies: what it had is counted, its files are given up, and new ones are written", async () => {
  const fileSystem = new FakeFileSystem();
  let executor = new InlineFileExecutor(fileSystem);
  let isDead = true;
  const { files, budget, lines, logged } = make({
    executor: {
      run: (batch, done) => (isDead ? done(undefined) : executor.run(batch, done)),
      close: () => executor.close(),
    },
  });
  const begun = files.open("/a.pb");
  begun.append(bytes("lost"));
  await files.flush();
  executor = new InlineFileExecutor(fileSystem);
  isDead = false;
  assert.ok(!isTaken(begun.append(bytes("more"))));
  begun.finish();
  const next = files.open("/b.pb");
  next.append(bytes("kept"));
  next.finish();
  await files.close();
  assert.deepEqual([...fileSystem.files], [["/b.pb", "kept"]]);
  assert.deepEqual(lines(), [
    "trace-files: 2 in = 1 handled + 1 dropped (writer-failed 1)",
    "trace-file-bytes: 12 in = 4 handled + 8 dropped (writer-failed 8)",
  ]);
  assert.equal(budget.used, 0);
  assert.match(logged[0]!, /the thread that writes trace files died/);
});

describe("bounds", () => {
  for (const [name, options, perFile, reason] of [
    ["the memory budget", { budget: new MemoryBudget(10) }, undefined, "memory-budget"],
    ["the file", {}, 10, "queue-full"],
  ] as const)
    test(`what exceeds ${name} is lost and counted, and then it goes on`, async () => {
      const fileSystem = new FakeFileSystem();
      const { files, budget, lines, logged } = make({ fileSystem, ...options });
      const limits = perFile === undefined ? {} : { maxQueuedBytes: perFile };
      const file = files.open("/a.pb", limits);
      assert.equal(file.append(bytes("12345678")), "taken");
      assert.ok(!isTaken(file.append(bytes("abc"))));
      assert.equal(file.append(bytes("90")), "taken");
      await files.flush();
      assert.equal(file.append(bytes("more")), "taken");
      file.finish();
      const lost = files.open("/b.pb", limits);
      assert.ok(!isTaken(lost.append(bytes("x".repeat(11)))));
      lost.finish();
      await files.flush();
      assert.deepEqual([...fileSystem.files], [["/a.pb", "1234567890more"]]);
      assert.deepEqual(lines(), [
        `trace-files: 2 in = 1 handled + 1 dropped (${reason} 1)`,
        `trace-file-bytes: 28 in = 14 handled + 14 dropped (${reason} 14)`,
      ]);
      assert.equal(budget.used, 0);
      assert.equal(logged.length, 1);
    });

  test("what exceeds the queue is lost and counted, but a piece that is longer than the queue needs half of it", async () => {
    const fileSystem = new FakeFileSystem();
    const { files, budget, lines } = make({ fileSystem, maxQueuedBytes: 10 });
    const file = files.open("/a.pb");
    const taken = ["1234", "long".repeat(4), "5", "6"].map((text) => isTaken(file.append(bytes(text))));
    assert.deepEqual(taken, [true, true, false, false]);
    await files.flush();
    assert.deepEqual(
      ["123456", "long".repeat(4)].map((text) => isTaken(file.append(bytes(text)))),
      [true, false],
    );
    file.finish();
    await files.flush();
    assert.deepEqual([...fileSystem.files], [["/a.pb", "1234longlonglonglong123456"]]);
    assert.equal(lines()[1], "trace-file-bytes: 44 in = 26 handled + 18 dropped (queue-full 18)");
    assert.equal(budget.used, 0);
  });
});
