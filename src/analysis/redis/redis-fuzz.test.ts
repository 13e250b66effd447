import assert from "node:assert/strict";
import { test } from "node:test";
import { type Step, understand } from "../../../test/support/conversation.ts";
import { Random } from "../../../test/support/random.ts";
import { exchangeDocument } from "../protocols/index.ts";

const command = (...words: readonly string[]): string =>
  `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join("")}`;

const COMMANDS = [
  command("GET", "k"),
  command("MULTI"),
  command("EXEC"),
  command("SUBSCRIBE", "a"),
  command("HELLO", "3"),
  "PING\r\n",
];
const REPLIES = [
  "+OK\r\n",
  "$1\r\nv\r\n",
  ":1\r\n",
  "*2\r\n$1\r\na\r\n:2\r\n",
  "-ERR no\r\n",
  "%1\r\n+a\r\n#t\r\n",
  ">2\r\n+message\r\n+x\r\n",
];

/** Times apart: of bytes that are searched for a message, the time is that of the piece in which it is found. */
function look(steps: readonly Step[], pieceSize: number): readonly string[] {
  const { emitted, analyzer } = understand(steps, { pieceSize, stepMillis: 1 });
  for (const book of analyzer.ledger.books) assert.equal(book.imbalance + book.buffered, 0);
  assert.equal(analyzer.budget.used, 0);
  return emitted.map((exchange) => {
    const document = exchangeDocument(exchange) as Record<string, unknown>;
    return JSON.stringify({ ...document, connection: 0, times: 0, time: 0, durationMs: 0 });
  });
}

test("damaged conversations of Redis are the same however they are cut, and every byte is accounted for", () => {
  const random = new Random();
  for (let round = 0; round < 150; round++) {
    const steps: Step[] = [["client", command("GET", "first")]];
    for (let turn = random.below(8); turn >= 0; turn--) {
      const isClient = random.chance(2);
      const bytes = Buffer.from(random.list(3, () => random.pick(isClient ? COMMANDS : REPLIES)).join(""), "latin1");
      for (let damage = random.below(6) - 3; damage > 0 && bytes.length > 0; damage--)
        bytes[random.below(bytes.length)] = random.below(256);
      if (bytes.length > 0) steps.push([isClient ? "client" : "server", bytes]);
    }
    const whole = look(steps, Number.POSITIVE_INFINITY);
    for (const size of [1, 3, 1460])
      assert.deepEqual(look(steps, size), whole, `seed ${random.seed}, round ${round}, pieces of ${size}`);
  }
});
