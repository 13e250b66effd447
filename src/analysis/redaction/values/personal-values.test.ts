import assert from "node:assert/strict";
import { test } from "node:test";
import { type PersonalClass, replacePersonal } from "./personal-values.ts";

const ALL = new Set<PersonalClass>(["email", "card", "iban", "phone"]);

/** Each as it is shown, and as what its value is known: the same in every spelling. */
const ROWS: readonly (readonly [text: string, shown: string])[] = [
  ["4111 1111 1111 1111", "‹card 4111111111111111›"],
  ["4111-1111-1111-1111, x", "‹card 4111111111111111›, x"],
  ["501800000009", "‹card 501800000009›"],
  ["79927398713", "79927398713"],
  ["6304900017740292441", "‹card 6304900017740292441›"],
  ["63049000177402924417", "63049000177402924417"],
  // Each passes the sum.
  ["000000000000", "000000000000"],
  ["8888888888888888", "8888888888888888"],
  ["888888888888888888", "888888888888888888"],
  ["bob%2Bx%40shop.example", "‹email bob+x@shop.example›"],
  ["?to=bob%40shop.example&al%2bx%40shop.example", "?to=‹email bob@shop.example›&‹email al+x@shop.example›"],
  ["bob@shop.example, al%40shop.example", "‹email bob@shop.example›, ‹email al@shop.example›"],
  ["bob%40shop", "bob%40shop"],
  ["%40shop.example", "%40shop.example"],
  ["DE89 3704 0044 0532 0130 00", "‹iban DE89370400440532013000›"],
  ["DE88 3704 0044 0532 0130 00", "DE88 3704 0044 0532 0130 00"],
  ["+49 (170) 123-45 67", "‹phone +491701234567›"],
  ["2026-11-30", "2026-11-30"],
];

test("what says who somebody is is hidden, as one value however it is written", () => {
  for (const [text, shown] of ROWS) assert.equal(show(text, ALL), shown);
});

test("of what says who somebody is just the classes are hidden that are asked for", () => {
  const text = "a@b.example c%40d.example 4111111111111111 DE89370400440532013000, +491701234567";
  const values = {
    email: "‹email a@b.example› ‹email c@d.example› 4111111111111111 DE89370400440532013000, +491701234567",
    card: "a@b.example c%40d.example ‹card 4111111111111111› DE89370400440532013000, +491701234567",
    iban: "a@b.example c%40d.example 4111111111111111 ‹iban DE89370400440532013000›, +491701234567",
    phone: "a@b.example c%40d.example 4111111111111111 DE89370400440532013000, ‹phone +491701234567›",
  };
  for (const [one, shown] of Object.entries(values)) assert.equal(show(text, new Set([one as PersonalClass])), shown);
  assert.equal(show(text, new Set()), text);
});

test("an IBAN has 15 to 34 characters", () => {
  for (const length of [13, 14, 15, 16, 33, 34, 35, 36]) {
    const account = "7".repeat(length - 4);
    // Both letters are ten and more: A is 10.
    const check = 98n - (BigInt(`${account}101000`) % 97n);
    const iban = `AA${String(check).padStart(2, "0")}${account}`;
    assert.equal(show(iban, new Set(["iban"])), length >= 15 && length <= 34 ? `‹iban ${iban}›` : iban, `${length}`);
    assert.equal(show(iban.replace(/7$/, "8"), new Set(["iban"])), iban.replace(/7$/, "8"));
  }
});

function show(text: string, classes: ReadonlySet<PersonalClass>): string {
  return replacePersonal(text, classes, (name, value) => `‹${name} ${value}›`);
}
