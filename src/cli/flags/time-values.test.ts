import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatTimestamp } from "../../model/index.ts";
import { parseCountOrSpan, parseMoment } from "./time-values.ts";

const NOW = Date.UTC(2026, 0, 31, 12);

describe("a moment is a time, or how long ago it was", () => {
  for (const [text, wanted] of [
    ["2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"],
    ["2026-01-31T12:00:00.25+02:00", "2026-01-31T10:00:00.250Z"],
    ["2026-01-31 12:30", "2026-01-31T12:30:00Z"],
    ["2026-01-31T13Z", "2026-01-31T13:00:00Z"],
    ["2026-01-31T13+02:00", "2026-01-31T11:00:00Z"],
    ["2026-01-31", "2026-01-31T00:00:00Z"],
    ["10m", "2026-01-31T11:50:00Z"],
    ["1h30m", "2026-01-31T10:30:00Z"],
    ["2d", "2026-01-29T12:00:00Z"],
    ["1d12h", "2026-01-30T00:00:00Z"],
  ] as const)
    test(text, () => assert.equal(formatTimestamp(parseMoment(text, NOW)), wanted));
  for (const text of ["", "10", "2026-02-30", "2026-01-31T25:00:00Z", "yesterday", "-5m", "5 m", "2026-01-31T12"])
    test(`${text} is none`, () => assert.throws(() => parseMoment(text, NOW), /Expected a time/));
});

test("a bare number counts, and a number with a unit is time", () => {
  assert.deepEqual(parseCountOrSpan("20"), { count: 20 });
  assert.deepEqual(parseCountOrSpan("10m"), { nanos: 600e9 });
  assert.deepEqual(parseCountOrSpan("1d"), { nanos: 86_400e9 });
  for (const text of ["0", "0s", "-1", "ten", "1w", ""])
    assert.throws(() => parseCountOrSpan(text), /Expected a number from 1 on, or a time/);
});
