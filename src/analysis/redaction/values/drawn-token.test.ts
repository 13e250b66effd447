import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeText } from "./decode-base64.ts";
import { countDrawnBits } from "./drawn-bits.ts";
import { isDrawn, isNeverDrawn } from "./drawn-token.ts";
import { hasElevenWords } from "./eleven-words.ts";
import { looksRandom } from "./looks-random.ts";
import { isSecretValue, looksSecret } from "./secret-value.ts";

const hex = (text: string): string => Buffer.from(text).toString("hex");
const base64 = (text: string): string => Buffer.from(text).toString("base64");

const TOKENS: readonly (readonly [token: string, drawn?: "token" | "encoded" | undefined, isNever?: true])[] = [
  ["Abcdefghijklmnopqrst1"],
  [base64("a secret! in it"), "encoded"],
  [base64("nothing in it at all")],
  [hex("a secret! in"), "encoded"],
  [hex("nothing in it")],
  [hex("a secret! in").slice(1)],
  ["q7Wz4Rk9Xm2Tb6Lc8Vd3", "token"],
  ["q7Wz4Rk9Xm2Tb6Lc8Vd3///", "token"],
  ["QZWXRKSXMTBCLCYVDFGH", undefined, true],
  ["qwzxrkvmtbplchvdqgjk", undefined, true],
  ["iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ"],
  ["R0lGODlhAQABAIAAAP7qWz4Rk9Xm2Tb6Lc8Vd3"],
  ["/9j/4AAQSkZJRgABAQEAYABgAADq7Wz4Rk9Xm2"],
  ["UEsDBBQAAAAIAAAAIQC7qWz4Rk9Xm2Tb6Lc8"],
  ["MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A"],
  // In two pieces: eighteen characters together are enough, of hexadecimal digits none are.
  ["VmgZKL6pC-yMQnkLarV-", "token"],
  ["2XYTcuiNx-sWt2HmBJ-"],
  ["A13aEe04A-BfB804ef9d5"],
  ["Q7wZ-4rK9-xM2t-B6lC-8vD3", "token"],
  ["Q7w-Z4r-K9x-M2t-B6l-C8v-D3n"],
  ["q7wz4rk9xm2tb6lc8vd3ng5hj1ps0fyk", "token"],
  ["q7wz4rk9xm2tb6lc8vd3ng5hj1ps0fy", undefined, true],
  ["Q7WZ4RK9XM2TB6LC8VD3NG5HJ1PS0FYK", "token"],
  ["q7wz4rk9xm2tb6lc8vd3ng5hj1ps0fyk/list", "token"],
  ["9f86d081884c7d659a2feaa0c55ad015"],
  ["e3b0c44298fc1c149afbf4c8996fb92427ae41e4"],
  ["src/Components/OrderList/index"],
  ["node_modules/AwsSdk/client-s3"],
  ["CustomerOrderListComponent"],
  ["Release2026Build7Final"],
  ["QzWxRkSxMtBcLcYvDfGhJkPq", "token"],
  ["QzWxRkSxMtBcLcYvDfGhJkP"],
  ["q7Wz-4Rk9-Xm2T-b6Lc-8Vd3", "token"],
  ["a-b-c-d-e-F-g-h-i-j-1-k"],
  ["/q7Wz/4Rk9/Xm2T/b6Lc/8Vd3"],
  ["q7Wz4Rk9X/m2Tb6Lc8Vd3Ng5", "token"],
  ["q7Wz4Rk9Xm2Tb6Lc8Vd3".repeat(102), "token"],
  ["q7Wz4Rk9Xm2Tb6Lc8Vd3".repeat(103)],
];
const RANDOM = [
  "q7wz4rk9",
  "9f86d081884c7d6",
  "9f86d081884c7d65",
  "xx9f86d081884c7d65",
  "xx12345678901abcd1",
  "9F86D081884C7D65",
];
const THOUGHT_OF = [
  "abcdefg",
  "q7wz4rk",
  "0123456789012345",
  "xx1234567890123456",
  "xx1234567890abcdef",
  "xx1234567890abcde",
  "customer",
  "9f86D081884c7d65",
  "backup20260101120000",
];
/** In bits, as many as the pairs of letters, the changes of case and the digits of names make. */
const BITS: Readonly<Record<string, string>> = {
  "": "0.000",
  a: "-0.300",
  password: "-2.354",
  CustomerOrder: "-19.856",
  customer_order_2026: "-40.362",
  Zq871a958d: "11.090",
  "9f86d081884c7d65": "35.163",
  "123456789012": "0.000",
  AAAA: "9.498",
  aBcD: "10.298",
  q7Wz4Rk9Xm2T: "41.037",
  "X7K9-Q2MP-4TRW": "41.249",
  "X7K9-Q2MP-4TR": "21.738",
  X7K9Q2MP4TRW: "44.599",
  "ab12+cd/=": "-8.456",
  HTTPServer: "-5.204",
  theQUICK: "-8.554",
  iOS: "1.699",
  "x-y": "-0.200",
  a1b2: "12.494",
  deadbeef: "-0.354",
  DEADBEEF1: "11.822",
};
const ENCODED: readonly (readonly [encoded: string, text?: string])[] = [
  ["aGVsbG8=", "hello"],
  ["aGVsbG8", "hello"],
  ["aGVsbG", "hell"],
  ["aGVsb"],
  ["4pyT", "\u2713"],
  ["4py", ""],
  ["_-8="],
  ["/+8="],
  ["AAEC"],
  ["CQoN", "\t\n\r"],
  ["DH8="],
  ["w6k", "é"],
  ["w6kK", "é\n"],
  ["a*b="],
  ["", ""],
  ["8J+YgA==", "😀"],
  ["8J-YgA", "😀"],
  ["/w=="],
  ["G1s="],
];
/** Whether they look secret where nothing is said, where four digits are enough, and where somebody has chosen them. */
const VALUES: Readonly<Record<string, string>> = {
  abc: "---",
  abcd: "---",
  "1234": "-d-",
  "12 34-56": "-d-",
  a1b2c3: "--c",
  a1b2c: "---",
  summer: "---",
  "summer!": "--c",
  "sum mer1": "---",
  GPIO17: "---",
  PA13_SWDIO: "---",
  "0xCAFEBABE": "--c",
  "00:00:5e:00:53:af": "--c",
  "f47ac10b-58cc-4372-a567-0e02b2c3d479": "sdc",
  "web-7d4b9c6f5-x2k9q": "--c",
  "redacted-a-1a2b3c4d": "---",
  q7Wz4Rk9Xm2T: "sdc",
  "order-q7Wz4Rk9Xm2T": "sdc",
  "9f86d081884c7d65": "sdc",
  "2026-11-29": "-d-",
};
const NO_VALUES = ["", " ", "true", "FALSE", "null", "nil", "undefined", "none", "~", "{}", "[]", "include", "omit", "same-origin", "*", "****", "xxx", "[redacted]"]; // biome-ignore format: a table

test("a token is drawn, encodes a secret, or is neither", () => {
  const hasSecret = (text: string) => text.includes("secret!");
  for (const [token, drawn, isNever = false] of TOKENS) {
    assert.equal(isDrawn(token, hasSecret), drawn, token);
    assert.equal(isNeverDrawn(token), isNever, token);
  }
});

test("what is random is told from what somebody thought of, from eight characters on", () => {
  for (const run of RANDOM) assert.ok(looksRandom(run), run);
  for (const run of THOUGHT_OF) assert.ok(!looksRandom(run), run);
  assert.ok(looksRandom("abcdefabcdefabcd") && !looksRandom("abcdefabcdefabcd", 20));
});

test("names cost few bits, drawn characters many", () => {
  for (const [text, bits] of Object.entries(BITS)) assert.equal(countDrawnBits(text).toFixed(3), bits, text);
});

test("base64 of a text is decoded, in both alphabets, padded or cut, and nothing else is", () => {
  for (const [encoded, text] of ENCODED) assert.equal(decodeText(encoded), text, encoded);
});

test("a value looks secret by itself, by its digits, or as one that somebody has chosen", () => {
  for (const [value, looks] of Object.entries(VALUES)) {
    const found = [
      looksSecret(value) ? "s" : "-",
      looksSecret(value, { digits: 4 }) ? "d" : "-",
      looksSecret(value, { chosen: true }) ? "c" : "-",
    ];
    assert.equal(found.join(""), looks, value);
  }
  assert.deepEqual(
    [5, 6, 7].map((digits) => looksSecret("12 34-56", { digits })),
    [true, true, false],
  );
  assert.deepEqual(
    [31, 32].map((length) => looksSecret("1".repeat(length), { digits: 4 })),
    [true, false],
  );
});

test("under a strong name all is secret but what says that there is nothing, under a plain one nothing", () => {
  for (const value of NO_VALUES) assert.ok(!isSecretValue({ kind: "strong" }, value), value);
  for (const value of ["x", "xx", "nonex", "[x]", "truely", "[redacted"]) {
    assert.ok(isSecretValue({ kind: "strong" }, value), value);
    assert.ok(!isSecretValue({ kind: "plain" }, value) && !isSecretValue({ kind: "none" }, value), value);
  }
});

test("eleven words of three to eight letters stand in a row, whatever is around them", () => {
  const words = (count: number, word = "abcd"): string => `${word} `.repeat(count);
  for (const [text, has] of [
    [words(11), true],
    [words(11).trimEnd(), false],
    [words(10), false],
    [words(11, "abc"), true],
    [words(30, "ab"), false],
    [words(11, "abcdefgh"), true],
    [words(11, "abcdefghi"), false],
    [`${words(6)}Abcd ${words(6)}`, false],
    [`${words(6)} ${words(6)}`, false],
    [`1, 2; ${words(12)}, 1`, true],
    [`${"x".repeat(100)}1 ${words(11)}`, true],
    [`${words(5)}\n${words(11)}`, true],
    [`${words(5)}abcdefghi ${words(11)}`, true],
    [`${words(6)}é ${words(6)}`, false],
    ["", false],
  ] as const)
    assert.equal(hasElevenWords(text), has, text);
});
