/**
 * Every fenced block of README and docs/ is run or says why not. That its commands run as they stand, its configurations are read and what it
 * shows comes is held by `test/real/checkout/docs-run.test.ts`: each command is a process.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { PAGES, readBlocks } from "./support/docs-run/blocks.ts";
import { splitCommands } from "./support/docs-run/commands.ts";
import { PEERS } from "./support/docs-run/peers.ts";
import { checkBalance, linesNotShown } from "./support/docs-run/shape.ts";

const LANGUAGES = ["sh", "yaml", "json", "ts", ""];
const MARKS = ["needs", "shows", "exits", "file"];
for (const page of PAGES)
  test(`${page}: what is not run says why`, () => {
    for (const block of readBlocks(page)) {
      const place = `${page}:${block.line}`;
      assert.ok(
        LANGUAGES.includes(block.language),
        `${place}: ${block.language} is no language that is run or checked`,
      );
      for (const name of block.marks.keys()) assert.ok(MARKS.includes(name), `${place}: there is no mark ${name}`);
      const peer = block.marks.get("needs");
      if (peer !== undefined) assert.ok(Object.hasOwn(PEERS, peer), `${place}: ${peer} is no peer of the list`);
      if (block.language === "sh") assert.ok(splitCommands(block.text).length > 0, place);
    }
  });

test("what the pages read is in the repository: nothing of the sample is left out, as logs are elsewhere", () => {
  const root = join(import.meta.dirname, "..");
  const maker = readFileSync(join(root, "scripts/sample/make.ts"), "utf8");
  const names = [...maker.matchAll(/write\("([\w./-]+)"/g)].map(([, name]) => `docs/sample/${name}`);
  const made = names.filter((name) => !name.endsWith("trace.json"));
  assert.ok(made.length > 8, made.join());
  for (const name of made) assert.ok(existsSync(join(root, name)), name);
  const { stdout, status } = spawnSync("git", ["check-ignore", ...made], { cwd: root, encoding: "utf8" });
  // 128: no checkout.
  if (status !== 128) assert.equal(stdout, "");
});

test("blocks are found with their marks, and commands with what belongs to them", () => {
  const page = ["text", "<!-- needs: kernel -->", "```sh", "a 'b", "c' # d", "e \\", "  -f", "# g", "```"].join("\n");
  const [block] = readBlocks("page.md", page);
  assert.equal(block!.line, 3);
  assert.equal(block!.marks.get("needs"), "kernel");
  assert.deepEqual(splitCommands(block!.text), [
    { text: "a 'b\nc'", line: 0 },
    { text: "e \\\n  -f", line: 2 },
  ]);
  assert.throws(() => readBlocks("page.md", "```sh\nls"), /not closed/);
  assert.throws(() => splitCommands("echo 'a"), /not closed/);
});

test("a shown output is compared line by line, but for numbers; a balance adds up", () => {
  assert.deepEqual(linesNotShown("GET /a  200  12 ms\n…\nx … z", "GET /a 404 7.5 µs\nx y z"), []);
  assert.deepEqual(linesNotShown("GET /a\nGET /b", "GET /a"), ["GET /b"]);
  assert.deepEqual(checkBalance("a: 3 in = 2 handled + 1 dropped (x 1)"), []);
  assert.deepEqual(checkBalance("a: 4 in = 2 handled + 1 dropped (x 1)"), ["a: 4 in = 2 handled + 1 dropped (x 1)"]);
  assert.deepEqual(checkBalance("a: 3 in = 2 handled + 1 dropped (x 2)"), ["a: 3 in = 2 handled + 1 dropped (x 2)"]);
  assert.equal(checkBalance("hello"), undefined);
});
