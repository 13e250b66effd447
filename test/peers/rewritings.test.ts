import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { describe, test } from "node:test";
import { rewrittenDocuments } from "../support/compare-rewritten.ts";
import { REWRITES } from "../support/link-rewrites.ts";
import { sharedData } from "../support/needs.ts";
import { loadPackets } from "../support/rewrite-packets.ts";

/** Where what is understood changes with reason. */
const KNOWN: Readonly<Record<string, string>> = {
  "shop-small.pcap, neighbours swapped": "which side closed first is told by the order of the two ends",
  "lost-response-step1000ms.pcap, each packet again, later":
    "its packets are seconds apart: a handshake that comes again after three is another conversation",
  "replay-5min-same-isn.pcap, each packet again, later": "the conversation is there twice, five minutes apart",
  "http-syn-ack.pcap, simultaneous opens": "its only SYN is made one that opens: nothing tells who was first",
  "replay-5min-same-isn.pcap, neighbours swapped":
    "the end of the first conversation is swapped with the next one's SYN",
  "replay-5min-same-isn.pcap, all at once": "only their times tell the two conversations apart",
};
/** The relations hold for a part of a capture as for the whole. */
const MAX_PACKETS = 3000;

for (const folder of ["corpora", "findings", "fixtures"]) {
  const { path, skip } = sharedData(folder);
  describe(`how traffic was captured, in ${folder}`, { skip }, () => {
    for (const name of skip ? [] : globSync("**/*.{pcap,pcapng}", { cwd: path }).sort())
      for (const how of Object.keys(REWRITES)) {
        const why = KNOWN[`${name.replace(/^.*\//, "")}, ${how}`];
        test(`${name}, ${how}`, why === undefined ? {} : { todo: why }, () => {
          const packets = loadPackets(`${path}/${name}`).slice(0, MAX_PACKETS);
          assert.deepEqual(rewrittenDocuments(packets, how), rewrittenDocuments(packets));
        });
      }
  });
}
