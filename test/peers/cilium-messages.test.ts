/** Drawn messages of every type, as Cilium's own formatter prints them: `--compat` is the same to the byte, whatever came before. */
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { MonitorFormatter } from "../../src/wire/cilium/index.ts";
import { MODES } from "../support/cilium-vectors.ts";
import { buildGoPeer } from "../support/go-peer.ts";
import { runProgram } from "../support/run-program.ts";

/** How many a mode, and from which seed: `CILIUM_COUNT`, `CILIUM_SEED`. */
const COUNT = process.env["CILIUM_COUNT"] ?? "6000";
const SEED = process.env["CILIUM_SEED"] ?? `${Date.now() % 1_000_000}`;

describe(`Cilium v1.20.2's formatter, seed ${SEED}`, () => {
  let cilium = "";
  before(async () => {
    cilium = await buildGoPeer("cilium-messages-go", "cilium-messages-1.20.2");
  });

  for (const [mode, options] of Object.entries(MODES))
    test(mode, async () => {
      const { stdout } = await runProgram(cilium, [mode, COUNT, SEED]);
      const lines = stdout.trimEnd().split("\n");
      assert.equal(lines.length, Number(COUNT));
      const formatter = new MonitorFormatter({ ...options, dialect: "v1.20", compat: true, names: {} });
      for (const line of lines) {
        const { cpu, hex, text, stopped } = JSON.parse(line) as Printed;
        const ours = formatter.formatSample(Uint8Array.from(Buffer.from(hex, "hex")), cpu);
        // Go prints the flags of a map in any order.
        const theirs = Buffer.from(text ?? "", "base64")
          .toString("utf8")
          .replace("RELATED, OUT", "OUT, RELATED");
        assert.deepEqual([ours, formatter.panic !== undefined], [theirs, stopped], `${hex} of CPU ${cpu}`);
      }
    });
});

interface Printed {
  readonly cpu: number;
  readonly hex: string;
  /** Base64; null before anything was printed. */
  readonly text: string | null;
  /** The formatter panicked. */
  readonly stopped: boolean;
}
