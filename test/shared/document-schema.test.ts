import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { checkDocument } from "../support/check-document.ts";
import { MAIN } from "../support/tapline-main.ts";

const SHARED = join(import.meta.dirname, "../../../shared");

test("whatever is read, its documents conform to the schema", () => {
  const files = readdirSync(SHARED, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:pcap|pcapng|har|pb|pb_length_delimited|pb_text|gob)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
  const { stdout, stderr } = spawnSync(process.execPath, [MAIN, "read", "-o", "ndjson", ...files], {
    encoding: "utf8",
    maxBuffer: 256 * 1024 * 1024,
  });
  assert.doesNotMatch(stderr, /this is a bug/);
  const lines = stdout.trimEnd().split("\n");
  assert.ok(lines.length > 100, stderr);
  for (const line of lines) checkDocument(JSON.parse(line));
});
