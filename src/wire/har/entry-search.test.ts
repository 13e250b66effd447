import assert from "node:assert/strict";
import { test } from "node:test";
import { Ledger } from "../../model/index.ts";
import { HarReader } from "./har-reader.ts";

const COUNT = 6;
const entry = (number: number) => ({
  startedDateTime: "2026-01-01T00:00:00.000Z",
  time: number,
  request: { method: "GET", url: `http://h/${number}?{"[`, headers: [{ name: "a", value: 'b"}]' }] },
  response: { status: 200, content: { text: '{"startedDateTime": 1, "request": 2}' } },
});
const HAR = {
  log: {
    version: "1.2",
    pages: [{ startedDateTime: "2026-01-01T00:00:00.000Z", id: "page" }],
    entries: Array.from({ length: COUNT }, (_, i) => entry(i)),
    comment: "end",
  },
};

/** The times of the entries that are read, which are their numbers. */
function read(text: string, chunk = text.length): { numbers: number[]; problems: number; balanced: boolean } {
  const numbers: number[] = [];
  let problems = 0;
  const ledger = new Ledger();
  const reader = new HarReader({ exchange: () => {}, problem: () => problems++ }, ledger.book("records"), {
    readHarEntry(fields) {
      numbers.push(fields.number("time") ?? -1);
      return {} as never;
    },
  });
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += chunk) reader.push(bytes.subarray(at, at + chunk));
  reader.end();
  return { numbers, problems, balanced: ledger.balanced };
}

/** The braces at which entries begin; one of the page comes before them. */
const ENTRY_STARTS: Readonly<Record<string, RegExp>> = {
  "on a line": /\{"startedDateTime":"/g,
  indented: /\{\s+"startedDateTime": "/g,
  "in the alphabet's order": /\{\s+"request": \{/g,
};
const ALL = Array.from({ length: COUNT }, (_, i) => i);

/** Chrome writes its fields in the alphabet's order: the time stands behind the request and the response. A search that took the brace before it never ended. */
const alphabetical = (_key: string, value: unknown) =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;

test("fields in any order, however the file is cut", () => {
  const whole = JSON.stringify({ log: { entries: [...HAR.log.entries] } }, alphabetical);
  const damaged = whole.replace('"method":"GET"', '"method"x"GET"');
  for (const chunk of [1, 7, 97, damaged.length])
    assert.deepEqual(read(damaged, chunk), { numbers: ALL.slice(1), problems: 1, balanced: true }, String(chunk));
  const long = "y".repeat(300_000);
  const large = JSON.stringify({ log: { entries: HAR.log.entries.map((one) => ({ long, ...one })) } }, alphabetical);
  assert.deepEqual(read(large.replace('"method":"GET"', '"method"x"GET"'), 4096).numbers, ALL.slice(1));
});

for (const [form, text] of Object.entries({
  "on a line": JSON.stringify(HAR),
  indented: JSON.stringify(HAR, undefined, 2),
  "in the alphabet's order": JSON.stringify(HAR, alphabetical, 2),
}))
  test(`one character is another: every other entry is read (${form})`, () => {
    assert.deepEqual(read(text), { numbers: ALL, problems: 0, balanced: true });
    const starts = [...text.matchAll(ENTRY_STARTS[form]!)].map(({ index }) => index).slice(-COUNT);
    assert.equal(starts.length, COUNT);
    for (let at = 0; at < text.length; at++)
      for (const other of ['"', "{", "}", "[", "]", "\\", "x"]) {
        if (text[at] === other) continue;
        const damaged = text.slice(0, at) + other + text.slice(at + 1);
        const inside = starts.findLastIndex((start) => start <= at);
        const { numbers, balanced } = read(damaged, at % 3 === 0 ? 97 : text.length);
        assert.deepEqual(
          numbers.filter((number) => number >= 0 && number !== inside),
          ALL.filter((number) => number !== inside),
          `${other} at ${at}: ${damaged.slice(Math.max(0, at - 20), at + 20)}`,
        );
        assert.ok(balanced);
      }
  });
