import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { makeTemporaryFolder } from "../../test/support/temporary-folder.ts";
import { makeFolder } from "./make-folder.ts";

const folder = makeTemporaryFolder();
after(folder.remove);

test("folders are made as deep as is asked for, for the user alone, and may be there already", () => {
  const path = join(folder.path, "a/b/c");
  makeFolder(path);
  makeFolder(path);
  assert.equal(statSync(path).mode & 0o777, 0o700);
  makeFolder(join(folder.path, "relative/../a"));
});

test("where none can be made it says so, and does not try for ever", { skip: process.platform !== "linux" }, () => {
  assert.throws(() => makeFolder("/proc/a/b/c"), { code: "ENOENT" });
});
