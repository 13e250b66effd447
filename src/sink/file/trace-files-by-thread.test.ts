import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { Ledger, MemoryBudget, SILENT_LOGGER } from "../../model/index.ts";
import { WorkerFileExecutor } from "./batch/file-executor.ts";
import { TraceFiles } from "./trace-files.ts";

const folder = mkdtempSync(join(tmpdir(), "tapline-files-"));
after(() => rmSync(folder, { recursive: true, force: true }));

let folders = 0;
const freshFolder = () => join(folder, String(folders++));

const bytes = (text: string) => new TextEncoder().encode(text);

function make() {
  const ledger = new Ledger();
  const [budget, executor] = [new MemoryBudget(1_000_000), new WorkerFileExecutor()];
  const files = new TraceFiles({ ledger, logger: SILENT_LOGGER, executor, budget });
  return { files, lines: () => ledger.format() };
}

describe("real files, written by a thread", () => {
  test("contents, permissions, nothing left over", async () => {
    const path = freshFolder();
    const { files, lines } = make();
    const all = Array.from({ length: 500 }, (_, index) => files.open(join(path, "deep", `a_${index}.pb`)));
    for (const [index, file] of all.entries()) {
      file.append(bytes(`hello ${index}`));
      file.finish();
    }
    await files.close();
    assert.equal(readdirSync(join(path, "deep")).length, 500);
    assert.equal(readFileSync(all[321]!.path, "utf8"), "hello 321");
    assert.equal(statSync(all[0]!.path).mode & 0o777, 0o600);
    assert.equal(statSync(join(path, "deep")).mode & 0o777, 0o700);
    assert.match(lines()[0]!, /^trace-files: 500 in = 500 handled$/);
  });

  test("what is not finished when it ends keeps its partial name", async () => {
    const path = freshFolder();
    const { files, lines } = make();
    files.open(join(path, "a.pb")).append(bytes("begun"));
    await files.close();
    assert.deepEqual(readdirSync(path), ["a.pb.partial"]);
    assert.deepEqual(lines()[0], "trace-files: 1 in = 0 handled + 1 dropped (unfinished 1)");
  });

  test("a directory that cannot be made", async () => {
    const path = freshFolder();
    writeFileSync(path, "a file");
    const { files, lines } = make();
    const file = files.open(join(path, "a.pb"));
    file.append(bytes("1"));
    file.finish();
    await files.close();
    assert.match(lines()[0]!, /^trace-files: 1 in = 0 handled \+ 1 dropped \((enotdir|eexist) 1\)$/);
  });

  test("a directory that cannot be written", {
    skip: process.getuid?.() === 0 ? "root may write everywhere" : false,
  }, async () => {
    const path = mkdtempSync(join(folder, "locked-"));
    chmodSync(path, 0o500);
    const { files, lines } = make();
    const file = files.open(join(path, "a.pb"));
    file.append(bytes("1"));
    file.finish();
    await files.close();
    assert.ok(!existsSync(file.path));
    assert.match(lines()[0]!, /eacces 1/);
  });
});
