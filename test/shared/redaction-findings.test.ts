import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";

const FINDINGS = join(import.meta.dirname, "../../../shared/findings/redaction");
const PROGRAM = join(import.meta.dirname, "../../bin/tapline");
const OUTPUTS = [["-vv"], ["-o", "json"], ["-o", "ndjson"], ["-o", "har"]] as const;

const read = (name: string, args: readonly string[]): string =>
  spawnSync(PROGRAM, ["read", "-q", join(FINDINGS, name), ...args], { encoding: "latin1", maxBuffer: 64 << 20 }).stdout;
const parse = (name: string): unknown => JSON.parse(readFileSync(join(FINDINGS, name), "utf8"));

describe("secrets that leaked once", { skip: existsSync(FINDINGS) ? false : "no findings" }, () => {
  for (const output of OUTPUTS) {
    test(`${output.join(" ")}: two in a hundred leak at most`, () => {
      const shapes = parse("secrets-dev.json") as [string, string[]][];
      const shown = read("secrets-dev.pcap", output);
      assert.ok(shown.length > 10_000);
      const leaks = shapes.filter(([, secrets]) => secrets.some((secret) => shown.includes(secret)));
      assert.ok(leaks.length <= shapes.length * 0.02, leaks.map(([name]) => name).join(", "));
    });
    test(`${output.join(" ")}: of what only sounds like one five in a hundred are hidden at most`, () => {
      const values = parse("readable-dev.json") as unknown[];
      const shown = read("readable-dev.pcap", output);
      assert.ok(shown.length > 10_000);
      const marks = new Set(shown.match(/redacted[-:][\w.~-]+[-:][0-9a-f]{8}/g));
      assert.ok(marks.size <= values.length * 0.05, [...marks].join(", "));
    });
  }
});
