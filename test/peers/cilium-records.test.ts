/** Access log records of every version whose types or texts changed, drawn and written by that version's own Go code: read, and printed as it prints them. */
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import {
  type Dialect,
  DialectFinder,
  decodeLogRecordNotify,
  INFO,
  JSON_OUTPUT,
  MonitorFormatter,
} from "../../src/wire/cilium/index.ts";
import { buildGoPeer } from "../support/go-peer.ts";
import { runProgram } from "../support/run-program.ts";

/** How many a version, and from which seed: `CILIUM_COUNT`, `CILIUM_SEED`. */
const COUNT = process.env["CILIUM_COUNT"] ?? "1000";
const SEED = process.env["CILIUM_SEED"] ?? `${Date.now() % 1_000_000}`;

interface Row {
  readonly version: string;
  readonly minor: number;
  /** Whose texts: where it is this version's own, they are the same to the byte, whatever a record holds. */
  readonly dialect: Dialect;
  readonly isOwn: boolean;
}

const ROWS: readonly Row[] = [
  { version: "1.9.18", minor: 9, dialect: "v1.9", isOwn: true },
  { version: "1.12.19", minor: 12, dialect: "v1.9", isOwn: false },
  { version: "1.14.19", minor: 14, dialect: "v1.19", isOwn: false },
  { version: "1.16.19", minor: 16, dialect: "v1.19", isOwn: false },
  { version: "1.17.0", minor: 17, dialect: "v1.19", isOwn: false },
  { version: "1.19.4", minor: 19, dialect: "v1.19", isOwn: true },
  { version: "1.20.2", minor: 20, dialect: "v1.20", isOwn: true },
];

for (const { version, minor, dialect, isOwn } of ROWS)
  describe(`records of Cilium v${version}, seed ${SEED}`, () => {
    let lines: Printed[] = [];
    before(async () => {
      const program = await buildGoPeer("cilium-records-go", `cilium-records-${version}`, ".", `v${version}.mod`);
      const { stdout } = await runProgram(program, [COUNT, SEED, ...(isOwn ? [] : ["plain"])]);
      lines = Buffer.from(stdout, "latin1")
        .toString("utf8")
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as Printed);
      assert.equal(lines.length, Number(COUNT));
    });

    test("every field is read, and the stream tells the version", () => {
      for (const { Hex, Record } of lines) {
        const message = Uint8Array.from(Buffer.from(Hex, "hex"));
        // Kafka's records are read wherever the stream has them, by the dialects that know of them.
        const record = decodeLogRecordNotify(message, dialect);
        assert.deepEqual(JSON.parse(JSON.stringify(record)), JSON.parse(Record), Hex);
        const finder = new DialectFinder();
        assert.equal(finder.choose(message, 0, message.length), shownDialect(minor), Hex);
        assert.ok(finder.versions.from <= minor && minor <= finder.versions.to, JSON.stringify(finder.versions));
      }
    });

    for (const [form, verbosity] of [
      ["Text", INFO],
      ["JSON", JSON_OUTPUT],
    ] as const)
      test(`${form === "Text" ? "lines" : "JSON"} as it prints them`, () => {
        const formatter = new MonitorFormatter({ verbosity, dialect, compat: isOwn, names: {} });
        for (const line of lines) {
          const ours = formatter.formatSample(Uint8Array.from(Buffer.from(line.Hex, "hex")), 0);
          const theirs = Buffer.from(line[form], "hex").toString("utf8");
          if (form === "JSON") assert.deepEqual(readJson(ours, minor), readJson(theirs, minor), line.Hex);
          else assert.equal(ours, isOwn || theirs.endsWith("\n") ? theirs : `${theirs}\n`, line.Hex);
        }
      });
  });

/** The dialect as a record alone tells it: v1.13 to v1.15 it cannot be told from v1.12. */
function shownDialect(minor: number): Dialect {
  return minor <= 11 ? "v1.9" : minor >= 20 ? "v1.20" : "v1.19";
}

/**
 * The order of a URL's members and the escapes of \b and \f are of the Go that Cilium was built with, which here is one for all.
 * Up to v1.15 they print null where an endpoint has no labels, and the dialects after them an empty list.
 */
function readJson(text: string, minor: number): unknown {
  if (text === "") return undefined;
  return JSON.parse(text, (key, value) => (/EpLabels$/.test(key) && minor < 16 ? (value ?? []) : value));
}

interface Printed {
  /** The message: a byte 129 and the gob stream. */
  readonly Hex: string;
  /** The record's own JSON. */
  readonly Record: string;
  /** In hexadecimal. */
  readonly Text: string;
  readonly JSON: string;
}
