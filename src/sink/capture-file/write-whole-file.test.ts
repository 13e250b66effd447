import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { makeTemporaryFolder } from "../../../test/support/temporary-folder.ts";
import { formatError } from "../../model/index.ts";
import { writeWholeFile } from "./write-whole-file.ts";

const folder = makeTemporaryFolder();
after(folder.remove);

test("what is written is its owner's alone, and so is the folder that is made for it", () => {
  const path = join(folder.path, "made", "up.yaml");
  writeWholeFile(path, "text");
  assert.equal(readFileSync(path, "utf8"), "text");
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(statSync(dirname(path)).mode & 0o777, 0o700);
});

test("a file that cannot be written is told with its name", () => {
  assert.throws(
    () => writeWholeFile(folder.path, "text"),
    (error) => formatError(error).startsWith(`${folder.path}: `),
  );
});
