import assert from "node:assert/strict";
import { test } from "node:test";
import { parseTimestamp } from "./parse-timestamp.ts";

for (const [text, wanted] of [
  ["1970-01-01T00:00:01Z", { seconds: 1, nanos: 0 }],
  ["1970-01-01T00:00:01.5Z", { seconds: 1, nanos: 500_000_000 }],
  ["1970-01-01T02:00:01.000000001+02:00", { seconds: 1, nanos: 1 }],
  ["1970-01-01T02:00:01.1234567891+0200", { seconds: 1, nanos: 123_456_789 }],
  ["1969-12-31T23:59:59.25z", { seconds: -1, nanos: 250_000_000 }],
  ["1970-01-01", undefined],
  ["1970-13-01T00:00:00Z", undefined],
  ["2026-02-30T00:00:00Z", undefined],
  ["2024-02-29T23:59:59Z", { seconds: 1_709_251_199, nanos: 0 }],
  ["2026-02-28T24:00:00Z", undefined],
  ["0001-01-01T00:00:00Z", { seconds: -62_135_596_800, nanos: 0 }],
  ["2016-12-31T23:59:60Z", { seconds: 1_483_228_800, nanos: 0 }],
  ["2017-01-01T08:59:60.5+09:00", { seconds: 1_483_228_800, nanos: 500_000_000 }],
  ["2016-12-31T12:59:60Z", undefined],
  ["2016-12-31T23:59:61Z", undefined],
  ["2016-12-31T23:60:00Z", undefined],
  ["yesterday", undefined],
] as const)
  test(text, () => {
    assert.deepEqual(parseTimestamp(text), wanted);
  });
