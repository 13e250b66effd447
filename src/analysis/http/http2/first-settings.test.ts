import assert from "node:assert/strict";
import { test } from "node:test";
import { HTTP2_DETECTOR } from "./detector.ts";

const EMPTY = "000000040000000000";
const CASES: Record<string, readonly [hex: string, verdict: "yes" | "no" | "more"]> = {
  "a setting": ["000006040000000000" + "000300000064", "yes"],
  "a part of a setting": ["000006040000000000" + "0003000000", "more"],
  "a setting that cannot have its value": ["000006040000000000" + "000200000002", "no"],
  "no settings, and nothing behind them yet": [EMPTY, "more"],
  "no settings, and an acknowledgement": [`${EMPTY}000000040100000000`, "yes"],
  "no settings, and a window": [`${EMPTY}000004080000000000`, "yes"],
  "no settings, and what is no frame: a message of four bytes, and the next one": [`${EMPTY}000000040000000100`, "no"],
  "no settings, and data of a stream that was not opened": [`${EMPTY}000004000000000001`, "no"],
  "no settings, and a call": [`${EMPTY}000001010400000001`, "yes"],
  "no settings, and a stream that the server would have opened": [`${EMPTY}000001010400000002`, "no"],
  "no settings, and a type that there is not": [`${EMPTY}000004110000000000`, "no"],
  "an unknown setting, and an acknowledgement": ["000006040000000000" + "4d4400000001" + "000000040100000000", "yes"],
  "an unknown setting, and nothing yet": ["000006040000000000" + "4d4400000001", "more"],
  "more settings than anybody sends": ["000066040000000000" + "4d4400000001", "no"],
};

for (const [name, [hex, verdict]] of Object.entries(CASES))
  test(`a server that begins with ${name}: ${verdict}`, () => {
    const data = Uint8Array.from(Buffer.from(hex, "hex"));
    const sample = { direction: "write", sender: "server", transport: "tcp", other: new Uint8Array(0) } as const;
    assert.equal(HTTP2_DETECTOR.detect({ ...sample, data, fromStart: true }).verdict, verdict);
  });
