import assert from "node:assert/strict";
import { test } from "node:test";
import { PacketReassembler } from "../src/analysis/reassembly/index.ts";
import { Ledger } from "../src/model/index.ts";
import { CapturedPacket, LinkType } from "../src/wire/pcap/index.ts";
import { withoutOrder } from "./support/damage-packets.ts";
import { conversePackets } from "./support/http1-packets.ts";
import { fragmentIpv4 } from "./support/ip-fragments.ts";
import { Random } from "./support/random.ts";
import { documentsOf, type KeptPacket } from "./support/rewrite-packets.ts";
import { frameOf } from "./support/tcp-script.ts";
import { TUNNELS } from "./support/wrap-frames.ts";

test("tunnels in tunnels, whole and in fragments, show what they carry", (t) => {
  const random = new Random(process.env["SEED"] === undefined ? undefined : Number(process.env["SEED"]));
  t.diagnostic(`SEED=${random.seed}`);
  const names = Object.keys(TUNNELS);
  const sent = conversePackets(random, 40_000, { pairs: 6, pipelined: 1, acknowledges: true }).map((segment) =>
    frameOf(segment),
  );
  const expected = documentsOf(sent.map(toPacket));
  for (let round = 0; round < 4 * names.length; round++) {
    const chain = [names[round % names.length]!, ...random.list(3, () => random.pick(names))];
    // Cut at none, one or several of the levels.
    const cuts = chain.map(() => random.chance(3));
    const frames = sent.flatMap((frame) =>
      chain.reduce(
        (inner, name, level) =>
          inner.flatMap((each) => {
            const wrapped = TUNNELS[name]!(each, random);
            return cuts[level] && wrapped[12] === 8 ? fragment(wrapped, random) : [wrapped];
          }),
        [frame],
      ),
    );
    const found = documentsOf(frames.map(toPacket)).map((document) => document.replace(/,"tunnel":\{[^}]*\}/g, ""));
    assert.deepEqual(
      withoutOrder(found),
      withoutOrder(expected),
      `SEED=${random.seed}: ${chain.join(" in ")}, cut: ${cuts.join()}`,
    );
  }
});

test("fragments of fragments are packets of their connection", () => {
  const random = new Random(3);
  const sent = conversePackets(random, 40_000, { pairs: 3, pipelined: 1, acknowledges: true });
  const frames = sent
    .map((segment) => frameOf(segment))
    .flatMap((frame) => (frame[12] === 8 ? fragment(frame, random) : [frame]))
    .flatMap((frame) => fragment(TUNNELS["GRE of Ethernet"]!(frame, new NoIpv6(3)), random));
  const told = new Set<number>();
  const ledger = new Ledger();
  const reassembler = new PacketReassembler({
    observer: { observe() {} },
    ledger,
    fragments(_connection, ordinals) {
      for (const ordinal of ordinals) told.add(ordinal);
    },
  });
  const captured = new CapturedPacket();
  frames.map(toPacket).forEach(({ bytes, ...facts }, ordinal) => {
    Object.assign(captured, facts, { bytes, start: 0, end: bytes.length });
    if (reassembler.push(captured) !== undefined) told.add(ordinal);
  });
  reassembler.finish();
  assert.equal(told.size, frames.length);
  assert.ok(ledger.balanced);
  assert.equal(ledger.book("packets").handled, frames.length);
});

/** Tunnels are in IPv4 only. */
class NoIpv6 extends Random {
  override chance(): boolean {
    return false;
  }
}

function toPacket(bytes: Uint8Array, i: number): KeptPacket {
  const nanos = (i % 1000) * 1_000_000;
  const its = { id: 0, linkType: LinkType.ETHERNET, snapLength: 0 };
  return { bytes, originalLength: bytes.length, seconds: 1000 + Math.floor(i / 1000), nanos, interface: its };
}

function fragment(frame: Uint8Array, random: Random): Uint8Array[] {
  const pieces = fragmentIpv4(frame.subarray(14), 8 * (4 + random.below(60)), random.below(65_536));
  return pieces.map((piece) => Uint8Array.from([...frame.subarray(0, 14), ...piece]));
}
