import assert from "node:assert/strict";
import { test } from "node:test";
import { ZonedTime } from "../../../wire/text/zoned-time.ts";
import { ListClock } from "./list-clock.ts";

test("times have their day from the second day on, which the zone says", () => {
  const at = (text: string) => ({ seconds: Date.parse(text) / 1000, nanos: 5e6 });
  const times = ["2026-01-31T14:00:00Z", "2026-01-31T15:30:00Z", "2026-01-31T14:00:01Z"].map(at);
  const shown = (zone: string): string[] => {
    const clock = new ListClock(new ZonedTime(zone));
    return times.map((time) => clock.format(time));
  };
  assert.deepEqual(shown("UTC"), ["14:00:00.005", "15:30:00.005", "14:00:01.005"]);
  assert.deepEqual(shown("Asia/Tokyo"), ["23:00:00.005", "2026-02-01 00:30:00.005", "2026-01-31 23:00:01.005"]);
  const clock = new ListClock(new ZonedTime("UTC"));
  assert.deepEqual(
    [undefined, { seconds: 2 ** 50, nanos: 0 }].map((time) => clock.format(time)),
    ["-", "-"],
  );
});
