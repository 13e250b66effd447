import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { captureFiles, exchangeFiles, type FilePart, type PartedFile, traceFiles } from "./support/damaged-parts.ts";
import { Random } from "./support/random.ts";
import { readBytes } from "./support/read-bytes.ts";
import { shareOf } from "./support/share-of.ts";

/** `npm run test:peers` tries a thousand of each file. */
const ROUNDS = process.env["npm_lifecycle_event"] === "test:peers" ? 1000 : shareOf(12);
const SEED = Number(process.env["SEED"] ?? 1 + Math.floor(Math.random() * 1e6));

describe(`one byte of a file is changed: what does not hold it is shown as before (SEED=${SEED})`, () => {
  for (const { name, parts } of [captureFiles, exchangeFiles, traceFiles].flatMap((draw) => draw(new Random(SEED))))
    test(name, () => damage({ name, parts }));
});

async function damage({ parts }: PartedFile): Promise<void> {
  const whole = new Uint8Array(Buffer.concat(parts.map(({ bytes }) => bytes)));
  const before = (await readBytes(whole)).documents.map(readDocument);
  assert.ok(before.length >= 20, `${before.length} exchanges`);
  const random = new Random(SEED);
  for (let round = 0; round < ROUNDS; round++) {
    const at = parts[0]!.bytes.length + random.below(whole.length - parts[0]!.bytes.length);
    const bytes = whole.slice();
    bytes[at] = (bytes[at]! + 1 + random.below(255)) & 255;
    const where = `SEED=${SEED}, byte ${at} of ${bytes.length} is ${bytes[at]} (it was ${whole[at]})`;
    const { documents, ledger, charged } = await readBytes(bytes);
    assert.ok(ledger.balanced && charged === 0, `${where}\n${ledger.format().join("\n")}`);
    const shown = new Set(documents.map(readDocument).map(({ text }) => text));
    for (const document of before) {
      const isTouched = [0, 1].some((next) => tellsOf(parts[indexOf(parts, at) + next], document));
      assert.ok(isTouched || shown.has(document.text), `${where}: ${document.text.slice(0, 400)}`);
    }
  }
}

/** Where a part's length is damaged, it takes the next one with it. */
function tellsOf(part: FilePart | undefined, { target, port, index }: ReadDocument): boolean {
  if (part === undefined) return false;
  const { tellsOf } = part;
  return "targets" in tellsOf ? tellsOf.targets.includes(target) : tellsOf.port === port && index >= tellsOf.from;
}

function indexOf(parts: readonly FilePart[], at: number): number {
  let end = 0;
  for (const [i, { bytes }] of parts.entries()) {
    end += bytes.length;
    if (at < end) return i;
  }
  return assert.fail(`no part has byte ${at}`);
}

interface ReadDocument {
  readonly text: string;
  readonly target: string;
  readonly port: number | undefined;
  readonly index: number;
}

/** Without the numbers that count what came before. */
function readDocument(json: string): ReadDocument {
  const { id: _, index, connection, ...rest } = JSON.parse(json);
  const { id: __, ...ends } = connection;
  const text = JSON.stringify({ ...rest, connection: ends });
  return { text, target: rest.request?.target ?? "", port: ends.remote?.port, index };
}
