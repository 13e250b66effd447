import assert from "node:assert/strict";
import { test } from "node:test";
import { ZonedTime } from "./zoned-time.ts";

const time = (text: string, nanos = 0) => ({ seconds: Date.parse(text) / 1000, nanos });

test("clocks of time zones, in summer and winter", () => {
  for (const [zone, winter, summer] of [
    ["UTC", "2026-01-31 12:00:00.123", "2026-07-31 12:00:00.123"],
    ["Europe/Berlin", "2026-01-31 13:00:00.123", "2026-07-31 14:00:00.123"],
    ["Asia/Kolkata", "2026-01-31 17:30:00.123", "2026-07-31 17:30:00.123"],
    ["-08:00", "2026-01-31 04:00:00.123", "2026-07-31 04:00:00.123"],
  ] as const) {
    const clock = new ZonedTime(zone);
    assert.equal(clock.format(time("2026-01-31T12:00:00Z", 123_456_789)), winter);
    assert.equal(clock.format(time("2026-07-31T12:00:00Z", 123_456_789)), summer);
    for (const text of [winter, summer])
      assert.equal(clock.format(clock.parse(text.replace(" ", "T"))!), text, `${zone} ${text}`);
  }
  assert.throws(() => new ZonedTime("Nowhere/Land"), RangeError);
});

test("an hour that is there twice is the first; one that is not there is as before the clocks were put forward", () => {
  const clock = new ZonedTime("Europe/Berlin");
  assert.deepEqual(clock.parse("2026-10-25T02:30:00"), time("2026-10-25T00:30:00Z"));
  assert.deepEqual(clock.parse("2026-03-29T02:30:00"), time("2026-03-29T01:30:00Z"));
  assert.deepEqual(clock.parse("2026-03-29T03:00:00.5"), time("2026-03-29T01:00:00Z", 500_000_000));
});

test("what is no time", () => {
  const clock = new ZonedTime("UTC");
  for (const text of ["", "2026-13-01T00:00:00", "12:00", "2026-01-01"]) assert.equal(clock.parse(text), undefined);
  assert.equal(clock.format({ seconds: 1e15, nanos: 0 }), undefined);
});
