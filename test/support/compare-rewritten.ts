import { withoutOrder } from "./damage-packets.ts";
import { REWRITES } from "./link-rewrites.ts";
import { Random } from "./random.ts";
import { documentsOf, type KeptPacket } from "./rewrite-packets.ts";

/** The documents of packets, rewritten first where it is said how, but for what tells of that: the tunnel, clocks that disagree. */
export function rewrittenDocuments(packets: readonly KeptPacket[], how?: string): string[] {
  const rewritten = how === undefined ? packets : REWRITES[how]!(packets, new Random(SEED));
  return withoutOrder(
    documentsOf(rewritten).map((document) =>
      document
        .replace(/,"tunnel":\{[^}]*\}/g, "")
        .replace(/,?"times-disagree"/, "")
        .replace('"problems":[,', '"problems":[')
        // How long it took is not known where the clock went back meanwhile.
        .replace(/("closed-by-(?:client|server)):/g, "$1")
        .replace(/(closed by the (?:client|server)) after (?=[",])/g, "$1"),
    ),
  );
}

const SEED = Number(process.env["SEED"] ?? 5);
