import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "../../../test/support/random.ts";
import { GatheredOutput } from "./gathered-output.ts";

test("text and bytes of any size come out in their order, and it is full from a megabyte on", async () => {
  const seed = Date.now() % 1e6;
  const random = new Random(seed);
  const sent: Uint8Array[] = [];
  const written: Uint8Array[] = [];
  const out = new GatheredOutput(async (bytes) => void sent.push(bytes));
  const keep = (piece: string | Uint8Array): void => {
    written.push(Buffer.from(piece));
    out.write(piece);
  };
  for (let i = 0; i < 300; i++) {
    const size = random.chance(10) ? random.below(400_000) : random.below(3000);
    keep(random.chance(30) ? new Uint8Array(size).fill(i) : "aä€😀\n".charAt(random.below(3)).repeat(size));
    if (random.chance(20)) await out.flush();
  }
  await out.flush();
  assert.ok(Buffer.concat(sent).equals(Buffer.concat(written)), `seed ${seed}`);

  for (let size = 0; size < 1024 * 1024; size += 1024) {
    assert.equal(out.isFull, false);
    out.write("x".repeat(1024));
  }
  assert.equal(out.isFull, true);
  const before = sent.length;
  await out.flush();
  assert.equal(out.isFull, false);
  await out.flush();
  assert.equal(sent.length, before + 1);
});

test("memory that was sent is used again, but only where who takes it has let go of it", async () => {
  const fill = async (out: GatheredOutput): Promise<void> => {
    for (let i = 0; !out.isFull; i++) out.write(`${i} `.repeat(1000));
    await out.flush();
  };
  for (const letsGo of [true, false]) {
    const sent: Uint8Array[] = [];
    const out = new GatheredOutput(async (bytes) => {
      sent.push(bytes);
      return letsGo;
    });
    for (let i = 0; i < 4; i++) await fill(out);
    assert.equal(new Set(sent.map(({ buffer }) => buffer)).size, letsGo ? 1 : 4);
  }
});
