/** The tables in code have the names that the contracts list. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { APPLICATIONS } from "../../src/analysis/applications/table.ts";
import { findAttribute } from "../../src/analysis/filter/index.ts";
import { NAME_SOURCES } from "../../src/analysis/identity/service-name.ts";
import { PROTOCOLS } from "../../src/analysis/protocols/index.ts";
import { COMMAND_NAMES } from "../../src/cli/command-names.ts";
import { EXIT_CODES, MAX_APPLICATIONS, OUTCOME_RESULTS } from "../../src/model/index.ts";
import { sharedData } from "../support/needs.ts";

const { path, skip } = sharedData("contracts.md");
const text = skip === false ? readFileSync(path, "utf8") : "";

/** The item of that number. */
const item = (number: number): string =>
  new RegExp(`^${number}\\. [\\s\\S]*?(?=^\\d+\\. |(?![\\s\\S]))`, "m").exec(text)?.[0] ?? "";
/** The words in backticks between two phrases. */
const listed = (from: string, start: string, end: string): string[] => {
  const part = from.slice(from.indexOf(start) + start.length);
  const words = [...part.slice(0, part.indexOf(end)).matchAll(/`([^`]+)`/g)].map(([, word]) => word!);
  assert.ok(words.length > 2, `${start}: ${words}`);
  return words;
};

test("kinds, outcomes and applications", { skip }, () => {
  const one = item(1);
  for (const kind of listed(one, "told apart by `kind`:", "Common to all").slice(0, 4))
    assert.ok(Object.hasOwn(PROTOCOLS, kind), kind);
  for (const result of listed(one, "`outcome`:", "The filter's")) {
    if (/^[A-Z-]*$/.test(result)) continue;
    assert.ok((OUTCOME_RESULTS as readonly string[]).includes(result), result);
  }
  const names = listed(one, "at most three deep (", ")");
  assert.deepEqual(names.sort(), Object.keys(APPLICATIONS).sort());
  assert.equal(MAX_APPLICATIONS, 3);
});

test("attributes of all sources are those of every kind of exchange", { skip }, () => {
  for (const name of listed(item(3), "New for all sources:", "\n4."))
    assert.ok(findAttribute(name)?.get.exchange !== undefined, name);
});

test("evidence of a service's name, from the best on", { skip }, () => {
  const ranks = /says which: ([^.]*)\./.exec(item(7))![1]!.split(" > ");
  const words = ["process", "telemetry", "cluster", "SNI", "host", "address"];
  assert.deepEqual(
    ranks.map((rank) => words.find((word) => rank.includes(word))),
    words,
  );
  assert.deepEqual(
    NAME_SOURCES.filter((source) => source !== "listener"),
    words.map((word) => word.toLowerCase()),
  );
});

test("commands and exit codes", { skip }, () => {
  const twelve = item(12);
  const names = /`(up proxy [^`]*)`/.exec(twelve)![1]!.split(" ");
  for (const name of [...names, "tap2pcap", "capture2pcap"])
    assert.ok((COMMAND_NAMES as readonly string[]).includes(name), name);
  const codes = [...twelve.slice(twelve.indexOf("Exit codes:")).matchAll(/(?:: |; )(\d+) (?=[a-z])/g)].map(([, code]) =>
    Number(code),
  );
  assert.deepEqual(
    codes.filter((code) => code < 6),
    [0, 1, 2, 3, 4, 5],
  );
  const known = Object.values(EXIT_CODES).map(({ code }) => code);
  assert.deepEqual(known, [...codes.filter((code) => code < 6), 130]);
});

test("folders, each importing only from those before it", { skip }, () => {
  const folders = /before it: ([^.]*)\./.exec(item(13))![1]!.split(", ");
  const lint = readFileSync(join(import.meta.dirname, "../../scripts/check-imports.ts"), "utf8");
  assert.deepEqual(JSON.parse(/LAYERS = (\[[^\]]*\])/.exec(lint)![1]!), folders);
});
