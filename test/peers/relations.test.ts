import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { describe, test } from "node:test";
import { DAMAGES, withoutOrder } from "../support/damage-packets.ts";
import { sharedData } from "../support/needs.ts";
import { Random } from "../support/random.ts";
import { documentsOf, loadPackets, resegment, retransmit } from "../support/rewrite-packets.ts";

const SIZES = [1, 2, 3, 7, 1460];
const seed = Number(process.env["SEED"] ?? 1);
/** Damaged captures are as good when they are short. */
const MAX_PACKETS = 3000;

for (const folder of ["corpora/captures", "findings"]) {
  const { path, skip } = sharedData(folder);
  describe(`how a capture is cut into segments, in ${folder}`, { skip }, () => {
    for (const name of skip ? [] : globSync("**/*.{pcap,pcapng}", { cwd: path }).sort()) {
      test(name, () => {
        const packets = loadPackets(`${path}/${name}`);
        const documents = documentsOf(packets);
        assert.deepEqual(documentsOf(retransmit(packets)), documents, "each segment twice");
        for (const size of SIZES)
          assert.deepEqual(documentsOf(resegment(packets, size)), documents, `segments of ${size} bytes`);
      });
      for (const [how, damage] of Object.entries(DAMAGES))
        test(`${name}, ${how} (SEED=${seed})`, () => {
          const packets = damage(loadPackets(`${path}/${name}`).slice(0, MAX_PACKETS), new Random(seed));
          const documents = withoutOrder(documentsOf(packets));
          for (const size of SIZES)
            assert.deepEqual(
              withoutOrder(documentsOf(resegment(packets, size))),
              documents,
              `segments of ${size} bytes`,
            );
        });
    }
  });
}
