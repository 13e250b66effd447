import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { MonitorFormatter, type MonitorFormatterOptions } from "../../src/wire/cilium/index.ts";
import { CILIUM, createFormatter, expectedOf, fromHex, MODES, readMessages } from "../support/cilium-vectors.ts";
import { sharedData } from "../support/needs.ts";

const FINDINGS = sharedData("findings/cilium");

/** Headers of 32 bytes, which no v1.19 sends: they are taken for what they are, and v1.19 takes them for its own. */
const OTHER_VERSIONS = /^(drop9|pv|tsock38|reccap)-/;

test("found out from each message alone, v1.19's are printed as v1.19 prints them", { skip: CILIUM.skip }, () => {
  for (const [mode, options] of Object.entries(MODES)) {
    const asked = createFormatter("v1.19", false, options);
    let same = 0;
    for (const vector of readMessages("messages-v1.19.4.jsonl")) {
      if (OTHER_VERSIONS.test(vector.id)) continue;
      const text = auto(options).formatSample(fromHex(vector.hex), vector.cpu);
      assert.equal(text, asked.formatSample(fromHex(vector.hex), vector.cpu), `${vector.id} ${mode}`);
      if (text === expectedOf(vector, mode)) same++;
    }
    assert.ok(same > 600 || mode.startsWith("info"), `${mode}: ${same} equal Go's to the byte, but for what is listed`);
  }
});

test("in a stream of v1.9's messages everything is v1.9's from the first drop on", { skip: CILIUM.skip }, () => {
  const vectors = readMessages("messages-v1.9.jsonl");
  for (const [mode, options] of Object.entries(MODES).slice(0, 5)) {
    const asked = createFormatter("v1.9", false, options);
    const found = auto(options);
    const first = vectors.find(({ id }) => id === "drop9-reason-133")!;
    found.formatSample(fromHex(first.hex), 0);
    // Those that v1.9 sends: the others are vectors of later layouts.
    const sent = /^(trace-(obs|reason|pkt)|drop9-reason|pv-|dbg-\d|capture-\d)/;
    for (const vector of vectors.filter(({ id, hex }) => sent.test(id) && !/^04.{26}0[2-9]/.test(hex))) {
      // Interfaces have names in these vectors.
      const names = (text: string) => text.replace(/\b(lo|ifb0|ifb1|eth0)\b/g, (name) => LINKS[name]!);
      const text = found.formatSample(fromHex(vector.hex), vector.cpu);
      assert.equal(text, names(asked.formatSample(fromHex(vector.hex), vector.cpu)), `${vector.id} ${mode}`);
    }
  }
});

const LINKS: Readonly<Record<string, string>> = { lo: "1", ifb0: "2", ifb1: "3", eth0: "4" };

test("WireGuard's packets have no Ethernet header, and versions to come are refused", { skip: FINDINGS.skip }, () => {
  for (const text of print("l3-device-v1.19.hex"))
    assert.match(
      text,
      /: 10\.11\.12\.13:51234 -> 10\.14\.15\.16:80 tcp SYN\n$|, 10\.11\.12\.13:51234 -> 10\.14\.15\.16:80 tcp SYN\n$/,
    );
  const mixed = print("mixed-v1.19.hex");
  assert.equal(mixed.at(-3), "cannot decode message type '4': Unrecognized trace event (version 3)\n");
  assert.equal(mixed.at(-2), "cannot decode message type '1': Unrecognized drop event (version 4)\n");
  assert.match(mixed.at(-1)!, /Unknown event/);
});

function print(name: string): string[] {
  const formatter = auto({});
  return readFileSync(`${FINDINGS.path}/${name}`, "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => formatter.formatSample(fromHex(line.split(" ")[1]!), 0));
}

function auto(options: MonitorFormatterOptions): MonitorFormatter {
  return new MonitorFormatter({ ...options, dialect: "auto" });
}
