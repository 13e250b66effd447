import assert from "node:assert/strict";
import { globSync, readFileSync, statSync } from "node:fs";
import { Random } from "./random.ts";
import { readBytes } from "./read-bytes.ts";

/** Files under ../shared that can be read, none too long to be read again and again. */
export function readableFiles(root: string): string[] {
  return globSync("{findings,corpora,fixtures}/**/*", { cwd: root })
    .filter((name) => {
      const stats = statSync(`${root}/${name}`);
      return stats.isFile() && stats.size > 0 && stats.size <= LARGEST;
    })
    .sort();
}

/**
 * One random byte of the file is changed: it is read all the same, every byte of it is accounted for, and what stands behind the damage
 * is still shown.
 */
export async function damageOneByte(path: string, seeds: readonly number[]): Promise<void> {
  const whole = readFileSync(path);
  const before = await readBytes(whole);
  for (const seed of seeds) {
    const random = new Random(seed * 7919 + whole.length);
    const bytes = Uint8Array.from(whole);
    const at = random.below(bytes.length);
    bytes[at] = (bytes[at]! + 1 + random.below(255)) & 255;
    const where = `SEED=${seed}, byte ${at} of ${bytes.length} is ${bytes[at]}`;
    const { documents, flows, ledger, charged, refusal } = await readBytes(bytes).catch((error: unknown) => {
      throw new Error(where, { cause: error });
    });
    assert.ok(ledger.balanced, `${where}\n${ledger.format().join("\n")}`);
    assert.equal(charged, 0, where);
    const lost = before.documents.length + before.flows - documents.length - flows;
    if (at >= DESCRIPTION_BYTES) assert.ok(lost <= MOST_LOST, `${where}: ${lost} are lost (${refusal ?? "read"})`);
  }
}

const LARGEST = 300_000;
/** Here a file says what it is, and which links its packets are of. */
const DESCRIPTION_BYTES = 128;
/** An exchange, or a line that ends in the next one. */
const MOST_LOST = 2;
