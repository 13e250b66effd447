import assert from "node:assert/strict";
import { test } from "node:test";
import { buildExchange } from "../../../test/support/build-exchange.ts";
import { type HttpExchange, Ledger } from "../../model/index.ts";
import { presentHttpExchange } from "../http/presented-exchange.ts";
import { Redactor } from "../redaction/index.ts";
import { ContentAllowance } from "./content-allowance.ts";

const TEXT = "x".repeat(100 * 1024);
const messages = Array.from({ length: 256 }, () => {
  const bytes = Buffer.from(`{"password":"hunter2"}${"y".repeat(16_000)}`);
  return { from: "client", time: { seconds: 1, nanos: 0 }, kind: "text", bytes, size: bytes.length, truncated: false };
});

/** Counts the bytes that are searched. */
class CountingRedactor extends Redactor {
  searched = 0;
  override content(bytes: Uint8Array, type: string): Uint8Array {
    this.searched += bytes.length;
    return super.content(bytes, type);
  }
}

test("beside traffic that passes no more is searched and shown than the allowance gives: what is beyond says so, and is counted", () => {
  const clock = { now: 0 };
  const ledger = new Ledger();
  const redactor = new CountingRedactor();
  const allowance = new ContentAllowance(ledger, () => clock.now);
  const present = (exchange: HttpExchange) =>
    presentHttpExchange(exchange, { decode: () => undefined, redactor, allowance, showsBodies: true });

  const chat = present({ ...buildExchange(), messages } as HttpExchange);
  const shown = chat.messages!.filter(({ bytes }) => bytes.length > 0);
  assert.ok(redactor.searched <= 2 * 1024 * 1024, `${redactor.searched}`);
  assert.equal(shown.length, Math.floor((2 * 1024 * 1024) / messages[0]!.size));
  assert.ok(shown.every(({ bytes }) => !Buffer.from(bytes).includes("hunter2")));
  assert.ok(chat.messages!.slice(shown.length).every(({ truncated, size }) => truncated && size === messages[0]!.size));

  const late = present(buildExchange({ responseBody: TEXT }));
  assert.deepEqual([late.response!.body.bytes.length, late.problems], [0, ["show-budget"]]);
  assert.equal(late.response!.body.size, TEXT.length);
  clock.now += 200;
  const later = present(buildExchange({ responseBody: TEXT }));
  assert.deepEqual([later.response!.body.bytes.length, later.problems], [TEXT.length, []]);

  const book = ledger.book("unshown-bytes");
  assert.equal(book.entered, messages[0]!.size * (256 - shown.length) + TEXT.length);
  assert.equal(book.skipped, book.entered);
});
