import assert from "node:assert/strict";
import { closeSync, lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { makeTemporaryFolder } from "../../test/support/temporary-folder.ts";
import { openOutput } from "./capture-file/output-file.ts";
import { NODE_FILE_SYSTEM } from "./file/batch/file-system.ts";
import { openExclusively } from "./open-exclusively.ts";

test("a file is made anew whatever has its name, and never through a link", (context) => {
  const folder = makeTemporaryFolder();
  context.after(folder.remove);
  const target = join(folder.path, "target");
  writeFileSync(target, "untouched");
  for (const [name, make] of [
    ["nothing", () => {}],
    ["a rest", (path: string) => writeFileSync(path, "a rest of an earlier run")],
    ["a link", (path: string) => symlinkSync(target, path)],
    ["a dangling link", (path: string) => symlinkSync(join(folder.path, "nowhere"), path)],
  ] as const)
    for (const open of [openExclusively, (path: string) => NODE_FILE_SYSTEM.open(path, "create")]) {
      const path = join(folder.path, name);
      if (lstatSync(path, { throwIfNoEntry: false }) === undefined) make(path);
      const descriptor = open(path);
      writeSync(descriptor, "new");
      closeSync(descriptor);
      assert.equal(readFileSync(path, "utf8"), "new", name);
      assert.ok(lstatSync(path).isFile(), name);
      assert.equal(lstatSync(path).mode & 0o777, 0o600, name);
    }
  assert.equal(readFileSync(target, "utf8"), "untouched");
  assert.equal(lstatSync(join(folder.path, "nowhere"), { throwIfNoEntry: false }), undefined);
});

test("a file is not continued through a link either", (context) => {
  const folder = makeTemporaryFolder();
  context.after(folder.remove);
  writeFileSync(join(folder.path, "target"), "untouched");
  symlinkSync(join(folder.path, "target"), join(folder.path, "link"));
  assert.throws(() => NODE_FILE_SYSTEM.open(join(folder.path, "link"), "append"), { code: "ELOOP" });
  mkdirSync(join(folder.path, "directory"));
  assert.throws(() => openExclusively(join(folder.path, "directory")));
});

test("a command's output does not go through a link that waits under its working name", async (context) => {
  const folder = makeTemporaryFolder();
  context.after(folder.remove);
  const target = join(folder.path, "target");
  writeFileSync(target, "untouched");
  symlinkSync(target, join(folder.path, `.out.pcap.${process.pid}.partial`));
  const output = openOutput(join(folder.path, "out.pcap"));
  await output.write(new TextEncoder().encode("new"));
  await output.finish();
  assert.equal(readFileSync(target, "utf8"), "untouched");
  assert.equal(readFileSync(join(folder.path, "out.pcap"), "utf8"), "new");
});
