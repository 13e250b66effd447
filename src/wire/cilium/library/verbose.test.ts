import assert from "node:assert/strict";
import { test } from "node:test";
import * as cilium from "../index.ts";

/** 1.2.3.4:80 -> 5.6.7.8:443, SYN. */
const PACKET =
  "0233456789ab0123456789ab0800450000281000000040066abc0102030405060708005001bb0000000000000000500220007dc40000";
const TRACE = bytes(`04000a00efbeadde3600000036000000640000000200000014000000${"00".repeat(4)}${PACKET}`);
const LATER_TRACE = bytes(
  `04000a00efbeadde36000000360002006400000002000000140000000700000001020304${"00".repeat(12)}2a00000000000000${PACKET}`,
);
const DROP = bytes(`01850a00efbeadde360000003600000064000000020000001400000000000000${PACKET}`);
const LATER_DROP = bytes(
  `01850a00efbeadde3600000036000300640000000200000014000000d204010207000000000000002a00000000000000${PACKET}`,
);
const CAPTURE = bytes(`03040a00efbeadde36000000360000000700000000000000${PACKET}`);
const NAMES = { names: { link: (index: number) => (index === 7 ? "eth0" : undefined) } };
const CPU = "CPU 03:";

test("what is made of a message is what its JSON says, but for cpu and summary", () => {
  const cases: readonly (readonly [what: string, verbose: object, json: string])[] = [
    ...([{}, NAMES] as const).flatMap((options) => {
      const trace = cilium.decodeTraceNotify(TRACE);
      const later = cilium.decodeTraceNotify(LATER_TRACE, "v1.19");
      const drop = cilium.decodeDropNotify(DROP);
      const placed = cilium.decodeDropNotify(LATER_DROP, "v1.19");
      const capture = cilium.decodeDebugCapture(CAPTURE);
      const current = { ...options, dialect: "v1.19" } as const;
      return [
        ["trace", cilium.traceNotifyToVerbose(trace, options), trace.dumpJSON(TRACE, CPU, options)],
        ["trace v1.19", cilium.traceNotifyToVerbose(later, current), later.dumpJSON(LATER_TRACE, CPU, current)],
        ["drop", cilium.dropNotifyToVerbose(drop, options), drop.dumpJSON(DROP, CPU, options)],
        ["drop v1.19", cilium.dropNotifyToVerbose(placed, current), placed.dumpJSON(LATER_DROP, CPU, current)],
        ["capture", cilium.debugCaptureToVerbose(capture, options), capture.dumpJSON(CAPTURE, CPU, options)],
      ] as const;
    }),
  ];
  for (const [what, verbose, json] of cases) {
    const { cpu, summary, ...rest } = JSON.parse(json);
    assert.equal(cpu, CPU);
    assert.notEqual(summary, undefined, what);
    assert.deepEqual(withoutBigints(verbose), rest, what);
    assert.deepEqual(Object.keys(verbose), Object.keys(rest), `${what}: in Go's order`);
  }
});

test("the members of each, field by field", () => {
  assert.deepEqual(cilium.traceNotifyToVerbose(cilium.decodeTraceNotify(TRACE)), {
    type: "trace",
    mark: "0xdeadbeef",
    ifindex: "0",
    state: "new",
    observationPoint: "to-endpoint",
    traceSummary: "-> endpoint 20",
    source: 10,
    bytes: 54,
    srcLabel: 100,
    dstLabel: 2,
    dstID: 20,
  });
  const drop = cilium.dropNotifyToVerbose(cilium.decodeDropNotify(LATER_DROP, "v1.19"), { dialect: "v1.19" });
  assert.deepEqual(withoutBigints(drop), {
    type: "drop",
    mark: "0xdeadbeef",
    reason: "Policy denied, 2",
    source: 10,
    bytes: 54,
    srcLabel: 100,
    dstLabel: 2,
    dstID: 20,
    Line: 1234,
    File: 1,
    ExtError: 2,
    Ifindex: 7,
    IPTraceID: 42,
  });
  assert.deepEqual(cilium.debugCaptureToVerbose(cilium.decodeDebugCapture(CAPTURE), NAMES), {
    type: "capture",
    mark: "0xdeadbeef",
    message: "Delivery to ifindex 7",
    prefix: "-> eth0",
    source: 10,
    bytes: 54,
  });
  // A subtype that is not summarised has no prefix, and Go leaves it out.
  const quiet = cilium.decodeDebugCapture(Uint8Array.from(CAPTURE).fill(10, 1, 2));
  assert.equal("prefix" in cilium.debugCaptureToVerbose(quiet), false);
});

function withoutBigints(value: object): object {
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, typeof item === "bigint" ? Number(item) : item]),
  );
}

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}
