/** pcapng files that are drawn, of many sections: tshark says what stands in them. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { Ledger } from "../src/model/index.ts";
import { createCaptureReader, detectCaptureFormat } from "../src/wire/pcap/index.ts";
import { skipUnless } from "./support/needs.ts";
import { Random } from "./support/random.ts";
import { runProgram } from "./support/run-program.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const { path: folder, remove } = makeTemporaryFolder();
after(remove);

const FIELDS = ["frame.time_epoch", "frame.len", "frame.cap_len", "frame.interface_name"];

test("times, lengths and interfaces are those that tshark reads", { skip: skipUnless("tshark") }, async (t) => {
  const random = new Random(process.env["SEED"] === undefined ? undefined : Number(process.env["SEED"]));
  t.diagnostic(`SEED=${random.seed}`);
  // A section of another byte order is a file of its own: tshark takes no two of them together.
  for (const little of [true, false]) {
    const bytes = Uint8Array.from(
      Array.from({ length: 12 }, (_, section) => drawSection(random, little, section)).flat(),
    );
    const path = join(folder, `drawn-${little}.pcapng`);
    writeFileSync(path, bytes);
    const args = ["-r", path, "-T", "fields", ...FIELDS.flatMap((field) => ["-e", field])];
    const { code, stdout, stderr } = await runProgram("tshark", args, { timeoutMillis: 120_000 });
    assert.equal(code, 0, stderr);
    // Custom blocks are records to tshark, of no interface.
    const expected = stdout.split("\n").filter((line) => line.split("\t")[3]);
    assert.ok(expected.length > 50);
    const found = readPackets(bytes, random);
    for (const [i, line] of expected.entries()) {
      const [time, length, kept, name] = line.split("\t");
      const [itsTime, itsLength, itsKept, itsName] = found[i]?.split("\t") ?? [];
      assert.deepEqual([itsLength, itsKept], [length, kept], `SEED=${random.seed}, packet ${i}`);
      // tshark 4.0 looks for names among the first section's interfaces, whichever section it is.
      if (itsName?.startsWith("0-")) assert.equal(itsName, name, `SEED=${random.seed}, packet ${i}`);
      // Where a packet has no time, tshark says 0, or nothing.
      assert.equal(itsTime, Number(time) === 0 ? "-" : time, `SEED=${random.seed}, packet ${i}`);
    }
    assert.equal(found.length, expected.length);
  }
});

function readPackets(bytes: Uint8Array, random: Random): string[] {
  const packets: string[] = [];
  const reader = createCaptureReader(
    detectCaptureFormat(bytes)!,
    {
      packet(packet) {
        const { name } = packet.interface;
        const time = packet.hasTime ? `${packet.seconds}.${String(packet.nanos).padStart(9, "0")}` : "-";
        packets.push([time, packet.originalLength, packet.end - packet.start, name ?? "unknown"].join("\t"));
      },
      damage: ({ message }) => assert.fail(message),
    },
    new Ledger().book("file-bytes"),
  );
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + random.below(400);
    reader.push(bytes.slice(at, at + size));
    at += size;
  }
  reader.end();
  return packets;
}

/** A section: interfaces with resolutions, offsets and names, then packets and blocks of all kinds between them. */
function drawSection(random: Random, little: boolean, section: number): number[] {
  const draw = new BlockDraw(random, little);
  const interfaces = Array.from({ length: 1 + random.below(4) }, (_, i) => {
    const snapLength = random.pick([0, 64, 96, 65_535]);
    // Units of a second: 10^-n, or 2^-n with the highest bit.
    const resolution = random.pick([undefined, 3, 6, 9, 0x80 + 10, 0x80 + 20]);
    return { resolution, snapLength, name: `${section}-${i}` };
  });
  const blocks = [
    draw.block(0x0a0d_0d0a, [...draw.u32(0x1a2b_3c4d), ...draw.u16(1), ...draw.u16(0), ...Array(8).fill(255)]),
  ];
  for (const { resolution, snapLength, name } of interfaces)
    blocks.push(
      draw.block(1, [
        ...draw.u16(random.pick([1, 101, 113])),
        ...draw.u16(0),
        ...draw.u32(snapLength),
        ...draw.option(2, [...Buffer.from(name)]),
        ...(resolution === undefined ? [] : draw.option(9, [resolution])),
        ...(random.chance(2) ? draw.option(1, [...Buffer.from("ü comment")]) : []),
        ...draw.end(),
      ]),
    );
  for (let i = 0; i < 12; i++) {
    const id = random.below(interfaces.length);
    const { resolution = 6, snapLength } = interfaces[id]!;
    const data = Array.from({ length: random.below(120) }, () => random.below(256));
    const kept = snapLength === 0 ? data : data.slice(0, snapLength);
    const original = kept.length + random.pick([0, 0, 1, 500]);
    switch (random.below(8)) {
      case 0:
        blocks.push(draw.block(...random.pick(otherBlocks(draw))));
        break;
      case 1: {
        // A Simple Packet Block is of the first interface, and says no length but that on the wire.
        const first = interfaces[0]!.snapLength;
        const cut = first === 0 ? data : data.slice(0, first);
        const onWire = cut.length < data.length || first === cut.length ? data.length : cut.length;
        blocks.push(draw.block(3, [...draw.u32(onWire), ...draw.padded(cut)]));
        break;
      }
      default: {
        const units = resolution >= 0x80 ? 2n ** BigInt(resolution - 0x80) : 10n ** BigInt(resolution);
        const time =
          BigInt(1 + random.below(4_000_000_000)) * units + BigInt(random.below(Number(units > 9999n ? 9999n : units)));
        blocks.push(
          draw.block(6, [
            ...draw.u32(id),
            ...draw.u32(Number(time >> 32n)),
            ...draw.u32(Number(time & 0xffff_ffffn)),
            ...draw.u32(kept.length),
            ...draw.u32(original),
            ...draw.padded(kept),
            ...(random.chance(3) ? [...draw.option(2, draw.u32(random.below(3))), ...draw.end()] : []),
          ]),
        );
      }
    }
  }
  return blocks.flat();
}

/** Blocks of names, statistics and secrets, and such as only their makers know. */
function otherBlocks(draw: BlockDraw): (readonly [type: number, body: readonly number[]])[] {
  const name = [192, 0, 2, 1, ...Buffer.from("name.example\0")];
  return [
    [4, [...draw.u16(1), ...draw.u16(name.length), ...draw.padded(name), 0, 0, 0, 0]],
    [5, [...draw.u32(0), ...draw.u32(1), ...draw.u32(2), ...draw.option(4, Array(8).fill(1)), 0, 0, 0, 0]],
    [10, [...draw.u32(0x544c_534b), ...draw.u32(5), ...draw.padded([...Buffer.from("# key")])]],
    [0xbad, [...draw.u32(32_473), 1, 2, 3, 4]],
    [0x4000_0bad, [...draw.u32(32_473)]],
    [0x8000_0001, [1, 2, 3, 4]],
  ];
}

class BlockDraw {
  readonly #random: Random;
  readonly #little: boolean;

  constructor(random: Random, little: boolean) {
    this.#random = random;
    this.#little = little;
  }

  u16(value: number): number[] {
    const bytes = [value & 255, value >>> 8];
    return this.#little ? bytes : bytes.reverse();
  }

  u32(value: number): number[] {
    const bytes = [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24];
    return this.#little ? bytes : bytes.reverse();
  }

  padded(bytes: readonly number[]): number[] {
    return [...bytes, ...Array(-bytes.length & 3).fill(this.#random.below(256))];
  }

  option(code: number, value: readonly number[]): number[] {
    return [...this.u16(code), ...this.u16(value.length), ...this.padded(value)];
  }

  end(): number[] {
    return this.#random.chance(4) ? [] : [0, 0, 0, 0];
  }

  block(type: number, body: readonly number[]): number[] {
    const length = this.u32(12 + body.length);
    return [...this.u32(type), ...length, ...body, ...length];
  }
}
