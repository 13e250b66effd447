/** Hubble's own command line reads what Tapline writes: flows of every field, which came from Hubble, and those of the monitor's messages. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { buildGoPeer } from "../support/go-peer.ts";
import { runProgram } from "../support/run-program.ts";
import { makeTemporaryFolder } from "../support/temporary-folder.ts";

const PROGRAM = join(import.meta.dirname, "../../bin/tapline");
/** How many, and from which seed: `HUBBLE_COUNT`, `HUBBLE_SEED`. */
const COUNT = process.env["HUBBLE_COUNT"] ?? "3000";
const SEED = process.env["HUBBLE_SEED"] ?? `${Date.now() % 1_000_000}`;

describe(`Hubble's command line, seed ${SEED}`, () => {
  const folder = makeTemporaryFolder();
  const at = (name: string) => join(folder.path, name);
  let [hubble, generator] = ["", ""];
  before(async () => {
    hubble = await buildGoPeer("hubble-go", "hubble-1.19.4", "github.com/cilium/cilium/hubble");
    generator = await buildGoPeer("hubble-go", "hubble-flows-1.19.4");
  });
  after(folder.remove);

  test("its JSON of what was read and written again is its JSON of the original", async () => {
    const { stdout } = await runProgram(generator, [COUNT, SEED]);
    writeFileSync(at("original.jsonl"), stdout, "latin1");
    const { stderr } = await tapline("original.jsonl", "ours.jsonl");
    assert.match(stderr, new RegExp(`^nothing lost: ${COUNT} messages`, "m"));
    const [original, ours] = [await observe("original.jsonl"), await observe("ours.jsonl")];
    assert.ok(original.stdout.split("\n").length > Number(COUNT) / 2);
    assert.deepEqual(ours, original);
  });

  test("it knows each field of the flows of messages", async () => {
    const packet =
      "0233456789ab0123456789ab0800450000280001000040066abc0102030405060708005001bb0000000000000000500220007dc40000";
    const drop = `01850a00efbeadde3600000036000300640000000200000014000000d204010007000000000000000000000000000000${packet}`;
    const trace = `04000a00efbeadde360000003600000064000000020000001400000007000000${packet}`;
    writeFileSync(at("messages.hex"), `0 ${drop}\n3 ${trace}\n`);
    await tapline("messages.hex", "flows.jsonl");
    const { stdout, stderr } = await observe("flows.jsonl");
    assert.equal(stderr, "");
    const lines = (text: string) =>
      text
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line));
    const ours = lines(readFileSync(at("flows.jsonl"), "utf8"));
    assert.equal(ours.length, 2);
    assert.deepEqual(lines(stdout), ours);
  });

  async function tapline(input: string, output: string) {
    const ran = await runProgram(PROGRAM, ["monitor", "--input", at(input), "-o", "jsonpb"]);
    writeFileSync(at(output), ran.stdout, "latin1");
    return ran;
  }

  async function observe(file: string) {
    const { stdout, stderr } = await runProgram(hubble, ["observe", "--input-file", at(file), "-o", "json"]);
    return { stdout, stderr };
  }
});
