import assert from "node:assert/strict";
import { test } from "node:test";
import { readMoment, readZone } from "./moment-flag.ts";

const NOW = Date.parse("2026-02-01T00:30:00Z");
const FIRST = { seconds: Date.parse("2026-01-30T23:30:00Z") / 1000, nanos: 0 };

const read = (text: string, zone = "Europe/Berlin"): string => {
  const { seconds, nanos } = readMoment("--since", text, readZone(zone), NOW)(FIRST);
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}${nanos === 0 ? "" : `.${String(nanos).padStart(9, "0").replace(/0+$/, "")}`}Z`;
};

const CASES: readonly [text: string, moment: string][] = [
  ["2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"],
  ["2026-01-31T12:00:00.25+02:00", "2026-01-31T10:00:00.25Z"],
  ["2026-01-31 12:00:00.123456789 UTC", "2026-01-31T12:00:00.123456789Z"],
  ["2026-01-31T12:00:00", "2026-01-31T11:00:00Z"],
  ["2026-01-31 12:00", "2026-01-31T11:00:00Z"],
  ["2026/07/31 12:00", "2026-07-31T10:00:00Z"],
  ["2026-01-31", "2026-01-30T23:00:00Z"],
  ["12:00", "2026-01-31T11:00:00Z"],
  ["2:13:05,5", "2026-01-31T01:13:05.5Z"],
  ["1769860800", "2026-01-31T12:00:00Z"],
  ["1769860800.5", "2026-01-31T12:00:00.5Z"],
  ["1769860800123", "2026-01-31T12:00:00.123Z"],
  ["1769860800123456789", "2026-01-31T12:00:00.123456789Z"],
  ["10m", "2026-02-01T00:20:00Z"],
  ["1h30m ago", "2026-01-31T23:00:00Z"],
  ["2d", "2026-01-30T00:30:00Z"],
  ["now", "2026-02-01T00:30:00Z"],
  ["today", "2026-01-31T23:00:00Z"],
  ["yesterday", "2026-01-30T23:00:00Z"],
  ["Sat, 31 Jan 2026 12:00:00 GMT", "2026-01-31T12:00:00Z"],
  ["31/Jan/2026:12:00:00 +0100", "2026-01-31T11:00:00Z"],
  ["31/Jan/2026:12:00:00", "2026-01-31T11:00:00Z"],
  ["Sunday, 01-Feb-26 12:00:00 GMT", "2026-02-01T12:00:00Z"],
  ["Sun Feb  1 12:00:00 2026", "2026-02-01T11:00:00Z"],
  ["Sun Feb  1 12:00:00 UTC 2026", "2026-02-01T12:00:00Z"],
  ["Sun, 1 Feb 2026 12:00:00 -0500", "2026-02-01T17:00:00Z"],
  ["1 Feb 2026 12:00", "2026-02-01T11:00:00Z"],
  ["1 Feb 2026", "2026-01-31T23:00:00Z"],
];
for (const [text, moment] of CASES) test(`${text} in Berlin: ${moment}`, () => assert.equal(read(text), moment));

test("what is no time is told with the flag and examples", () => {
  for (const text of [
    ...["", "later", "25:00", "2026-13-01", "2026-02-30", "2026-02-30 12:00", "2026-02-30T12:00:00Z", "12", "10x"],
    ...["30 Feb 2026 12:00", "Mon, 30 Feb 2026 12:00:00 GMT", "31/Apr/2026:12:00:00 +0100", "Mon Feb 30 12:00:00 2026"],
  ])
    assert.throws(() => read(text), { code: "usage", message: `--since ${text}: expected a time` });
  assert.throws(() => readZone("Nowhere"), { code: "usage" });
});
