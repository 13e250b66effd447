/**
 * Secrets of 640 shapes, each one drawn anew, in one capture: none is in any output of the program, whatever it is written as; and what
 * only sounds like a secret stays. `SEED` draws others.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { leaksOf } from "./support/planted/leaks.ts";
import { plantReadable } from "./support/planted/readable.ts";
import type { Planted } from "./support/planted/shape.ts";
import { capturePlanted, plantSecrets, type SecretStyle } from "./support/planted/write-planted.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const PROGRAM = join(import.meta.dirname, "../bin/tapline");
const SEED = Number(process.env["SEED"] ?? 0) || 20_261_129;
const folder = makeTemporaryFolder();
after(folder.remove);

const FIELDS =
  "request.path request.query request.headers request.body response.headers response.body response.trailers operation";
/** The ways in which a capture is shown. */
const OUTPUTS: readonly (readonly string[])[] = [
  [],
  ["-v"],
  ["-vv"],
  ["-o", "json"],
  ["-o", "ndjson"],
  ["-o", "har"],
  ["-T", "fields", ...FIELDS.split(" ").flatMap((field) => ["-e", field])],
];

describe("planted secrets", () => {
  const planted = plantSecrets(SEED);
  const path = write("drawn.pcap", planted);

  test("are in what is written without redaction, so that there is something to find", () => {
    const hidden = leaksOf(planted, read(path, "--no-redact", "-o", "ndjson"), (text) => [text]).length;
    assert.ok(hidden > planted.length * 0.9, `${hidden} of ${planted.length} are shown`);
  });

  for (const output of OUTPUTS)
    test(`are not in ${output.slice(0, 2).join(" ") || "the table"}`, () => {
      const shown = read(path, ...output);
      assert.ok(shown.length > 10_000);
      assert.deepEqual(leaksOf(planted, shown), [], `seed ${SEED}`);
    });

  test("are not in files that are written, nor in comments of packets", () => {
    for (const name of ["x.har", "x.ndjson"]) {
      const target = join(folder.path, name);
      read(path, "-w", target);
      assert.deepEqual(leaksOf(planted, readFileSync(target, "latin1")), [], `${name}, seed ${SEED}`);
    }
    assert.deepEqual(leaksOf(planted, read(path, "--explain", "status == 599", "-q")), [], `seed ${SEED}`);
  });

  test("are found by the audit, without being told", () => {
    const { stdout, status } = spawnSync(PROGRAM, ["audit", path], { encoding: "latin1", maxBuffer: 2 ** 28 });
    assert.equal(status, 5);
    assert.deepEqual(leaksOf(planted, stdout), []);
    const found = new Set(Array.from(stdout.matchAll(/exchange (\d+)/g), ([, id]) => id));
    assert.ok(found.size > planted.length * 0.95, `${found.size} of ${planted.length} exchanges`);
  });

  // Chosen by a person it is a secret by its name alone: under a weak name, and without one, it is a word like others.
  for (const style of ["chosen", "word"] as const satisfies readonly SecretStyle[])
    test(`that are ${style} are shown in three of a hundred places at most`, () => {
      const ours = plantSecrets(SEED, style);
      const leaks = leaksOf(ours, read(write(`${style}.pcap`, ours), "-o", "ndjson"));
      assert.ok(leaks.length <= ours.length * 0.03, `seed ${SEED}: ${leaks.join(", ")}`);
    });
});

test("what only sounds like a secret stays, all but one in a hundred", () => {
  const planted = plantReadable();
  const lines = read(write("readable.pcap", planted), "-o", "ndjson").trimEnd().split("\n");
  assert.equal(lines.length, planted.length);
  const hidden = planted.filter((_, index) => lines[index]!.includes("redacted-")).map(({ name }) => name);
  assert.ok(hidden.length <= planted.length * 0.01, hidden.join("\n"));
});

function write(name: string, planted: readonly Planted[]): string {
  const path = join(folder.path, name);
  writeFileSync(path, capturePlanted(planted));
  return path;
}

function read(path: string, ...flags: string[]): string {
  const { stdout } = spawnSync(PROGRAM, ["read", "-q", path, ...flags], { encoding: "latin1", maxBuffer: 2 ** 28 });
  return stdout;
}
