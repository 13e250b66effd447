/** Hubble's events as they are printed, beside Hubble's own printer: flows and lost events of every kind in each form, and what it tells of nodes, agents and the datapath. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { formatCompactFlow, readJsonEvent } from "../../src/wire/cilium/index.ts";
import { buildGoPeer } from "../support/go-peer.ts";
import { runProgram } from "../support/run-program.ts";
import { makeTemporaryFolder } from "../support/temporary-folder.ts";

const PROGRAM = join(import.meta.dirname, "../../bin/tapline");
/** How many, and from which seed: `HUBBLE_COUNT`, `HUBBLE_SEED`. */
const COUNT = process.env["HUBBLE_COUNT"] ?? "2000";
const SEED = process.env["HUBBLE_SEED"] ?? `${Date.now() % 1_000_000}`;

describe(`Hubble's printer, seed ${SEED}`, () => {
  const folder = makeTemporaryFolder();
  const file = join(folder.path, "flows.jsonl");
  let [hubble, generator] = ["", ""];
  before(async () => {
    hubble = await buildGoPeer("hubble-go", "hubble-1.19.4", "github.com/cilium/cilium/hubble");
    generator = await buildGoPeer("hubble-go", "hubble-flows-1.19.4");
    const { stdout } = await runProgram(generator, [COUNT, SEED]);
    const documents = linesOf(utf8(stdout)).map((line) => clean(JSON.parse(line)) as Document);
    writeFileSync(file, documents.filter(isShown).map(withOneTime).join(""));
  });
  after(folder.remove);

  for (const form of ["compact", "dict", "table"])
    test(`-o ${form}`, async () => {
      const flags = ["-o", form, "--color", "never", "--all"];
      const theirs = linesOf(utf8((await runProgram(hubble, ["observe", "--input-file", file, ...flags])).stdout));
      const run = await runProgram(PROGRAM, ["monitor", "--input", file, "-o", form, "--lost-interval", "0", ...PLAIN]);
      assert.ok(theirs.length > Number(COUNT) / 2);
      // Where a table's columns begin is each one's own.
      const cells = (line: string) => (form === "table" ? line.trimEnd().replace(/ {3,}/g, " | ") : line.trimEnd());
      assert.deepEqual(linesOf(utf8(run.stdout)).map(cells), theirs.map(shown).map(cells));
    });

  for (const kind of ["node", "agent", "debug"])
    test(`${kind} events`, async () => {
      const told = linesOf(utf8((await runProgram(generator, [COUNT, SEED, kind])).stdout));
      assert.equal(told.length, Number(COUNT));
      let compared = 0;
      for (const line of told) {
        const { document, line: theirs } = JSON.parse(line) as { document: string; line: string };
        const event = readJsonEvent(JSON.parse(document));
        // The events of a node that neither came nor went are printed as Go prints a struct.
        if (theirs.includes("unknown node status event")) continue;
        assert.equal(formatCompactFlow(event!), shown(theirs), document);
        compared++;
      }
      assert.ok(compared > Number(COUNT) / 2, `${compared} of ${COUNT}`);
    });
});

/** Credentials are drawn by nobody here, and all that is printed is compared. */
const PLAIN = ["--no-redact", "-q"];

interface Document {
  readonly flow?: { readonly time?: string };
  readonly lost_events?: object;
}

/** Hubble's command line reads no other events from files. */
function isShown({ flow, lost_events }: Document): boolean {
  return flow !== undefined || lost_events !== undefined;
}

/** A flow's time and its response's are one wherever Hubble writes them; Hubble prints the one, filters take the other. */
function withOneTime(document: Document): string {
  if (document.flow === undefined) return `${JSON.stringify(document)}\n`;
  return `${JSON.stringify({ ...document, time: document.flow.time })}\n`;
}

/** Names without slashes, as Kubernetes' are: Go makes paths of them. */
function clean(value: unknown): unknown {
  if (typeof value === "string") return value.replaceAll("//", "");
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(clean);
  return Object.fromEntries(Object.entries(value).map(([name, of]) => [name, clean(of)]));
}

/** Characters that move nothing on Hubble's terminal go out of it as they are; here they are shown. */
function shown(text: string): string {
  return text.replaceAll("\u2028", "\\u2028");
}

function utf8(stdout: string): string {
  return Buffer.from(stdout, "latin1").toString("utf8");
}

function linesOf(text: string): string[] {
  return text.trimEnd().split("\n");
}
