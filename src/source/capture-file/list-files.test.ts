import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { makeTemporaryFolder } from "../../../test/support/temporary-folder.ts";
import { TaplineError } from "../../model/index.ts";
import { listFiles } from "./list-files.ts";

test("a folder stands for its files and those of its folders, in the order of numbers", (context) => {
  const folder = makeTemporaryFolder();
  context.after(folder.remove);
  const at = (...names: string[]) => join(folder.path, ...names);
  mkdirSync(at("taps", "old"), { recursive: true });
  mkdirSync(at("none", ".hidden"), { recursive: true });
  for (const name of ["t_10.pb", "t_9.pb", ".t_1.pb", "t_2.pb.partial", "old/t_1.pb"])
    writeFileSync(at("taps", name), "");
  symlinkSync(at("taps", "t_9.pb"), at("taps", "t_11.pb"));
  symlinkSync(at("taps"), at("taps", "old", "loop"));
  writeFileSync(at("one.pcap"), "");
  assert.deepEqual(listFiles(["-", at("one.pcap"), at("taps"), at("missing")]), [
    "-",
    at("one.pcap"),
    ...["old/t_1.pb", "t_9.pb", "t_10.pb", "t_11.pb"].map((name) => at("taps", name)),
    at("missing"),
  ]);
  assert.throws(
    () => listFiles([at("none")]),
    (error) => error instanceof TaplineError && error.message === "there is no file in this folder",
  );
});
