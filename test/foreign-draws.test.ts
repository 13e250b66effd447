/** Binary protocols with drawn content are never HTTP: from their start, joined anywhere, with one side or both, however they are cut. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Step, summarize, understand } from "./support/conversation.ts";
import { FOREIGN_TALKS } from "./support/foreign-talks.ts";
import { Random } from "./support/random.ts";
import { shareOf } from "./support/share-of.ts";

/** Any bytes are frames by chance where they are small numbers: `SEED` draws others, of which one in some fifty thousand is. */
const SEED = Number(process.env["SEED"] ?? 1);
const ROUNDS = shareOf(400);

describe(`no HTTP in drawn messages (SEED=${SEED})`, () => {
  for (const [name, draw] of Object.entries(FOREIGN_TALKS))
    test(name, () => {
      const random = new Random(SEED);
      for (let round = 0; round < ROUNDS; round++) {
        const all = Array.from({ length: 1 + random.below(12) }, (_, i): Step[] =>
          (["client", "server"] as const).map((side) => [side, draw(random, side, i)]),
        ).flat();
        const sides = random.pick([["client"], ["server"], ["client", "server"]]);
        const steps = all.filter(([side]) => sides.includes(side));
        const isJoinedLate = random.chance(2);
        if (isJoinedLate) {
          const [side, bytes] = steps[0] as ["client", Uint8Array];
          steps[0] = [side, bytes.subarray(random.below(bytes.length))];
        }
        const pieceSize = random.pick([1, 2, 3, 7, 1460]);
        const options = { isJoinedLate, roleUnknown: random.chance(2), pieceSize };
        const taken = understand([...steps, ["close", "fin"]], options).emitted.filter(({ kind }) => kind === "http");
        const where = `SEED=${SEED}, round ${round}, ${JSON.stringify(options)}`;
        assert.deepEqual(taken.map(summarize), [], `${where}: ${describeSteps(steps)}`);
      }
    });
});

function describeSteps(steps: readonly Step[]): string {
  return steps.map(([side, bytes]) => `${side} ${Buffer.from(bytes as Uint8Array).toString("hex")}`).join("\n");
}
