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

const ALL = Array.from({ length: COUNT }, (_, i) => i);

for (const [form, text] of Object.entries({
  "on a line": JSON.stringify(HAR),
  indented: JSON.stringify(HAR, undefined, 2),
}))
  test(`one character is another: every other entry is read (${form})`, () => {
    assert.deepEqual(read(text), { numbers: ALL, problems: 0, balanced: true });
    const starts = ALL.map((number) =>
      text.lastIndexOf("{", text.indexOf(`"time":${form === "indented" ? " " : ""}${number}`)),
    );
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
