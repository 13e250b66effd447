import assert from "node:assert/strict";
import { test } from "node:test";
import {
  dissect,
  getConnectionInfo,
  getConnectionSummary,
  getDissectSummary,
  type PacketOptions,
} from "../../src/wire/cilium/index.ts";
import { CILIUM, fromHex, readVectors } from "../support/cilium-vectors.ts";

interface PacketVector {
  readonly id: string;
  readonly hex: string;
  readonly connection_summary: string;
  readonly connection_info: Readonly<Record<string, unknown>>;
  readonly dissect_summary_json: string;
  readonly dissect: string;
  readonly hexdump: string;
}

test("packets are dissected as gopacket 1.1.17 does it", { skip: CILIUM.skip }, () => {
  for (const vector of readVectors<PacketVector>("packets-v1.9.jsonl")) {
    // A dissector of its own for each: compat carries state from one packet to the next.
    const options: PacketOptions = { compat: true };
    const packet = fromHex(vector.hex);
    assert.equal(getConnectionSummary(packet, options), vector.connection_summary, vector.id);
    const { srcIP, dstIP, srcPort, dstPort, proto, icmpCode } = getConnectionInfo(packet, { ...options });
    assert.deepEqual(
      { srcIP: srcIP || null, dstIP: dstIP || null, srcPort, dstPort, proto, icmpCode },
      { ...vector.connection_info },
      vector.id,
    );
    assert.equal(dissect(true, packet, { ...options }), vector.dissect, vector.id);
    assert.equal(dissect(false, packet, { ...options }), vector.hexdump, vector.id);
    const summary = getDissectSummary(packet, { ...options });
    if (vector.dissect_summary_json === "") assert.equal(summary, undefined, vector.id);
    else assert.deepEqual(summary, JSON.parse(vector.dissect_summary_json), vector.id);
  }
});

test("no packet carries anything into the next, unless compat asks for it", { skip: CILIUM.skip }, () => {
  const options: PacketOptions = {};
  for (const vector of readVectors<PacketVector>("packets-v1.9.jsonl")) {
    const packet = fromHex(vector.hex);
    assert.equal(getConnectionSummary(packet, options), vector.connection_summary, vector.id);
    if (vector.dissect_summary_json === "") continue;
    assert.equal(dissect(true, packet, options), vector.dissect, vector.id);
  }
});
