import assert from "node:assert/strict";
import { test } from "node:test";
import { TaplineError } from "../../../model/index.ts";
import * as cilium from "../index.ts";

/** 1.2.3.4:80 -> 5.6.7.8:443, SYN. */
const PACKET =
  "0233456789ab0123456789ab0800450000281000000040066abc0102030405060708005001bb0000000000000000500220007dc40000";
const MESSAGES = {
  trace: `04000a00efbeadde3600000036000000640000000200000014000000${"00".repeat(4)}${PACKET}`,
  drop: `01850a00efbeadde360000003600000064000000020000001400000000000000${PACKET}`,
  policy: `05000a00efbeadde3600000036000000c8000000ffffffffbb01060100000000${PACKET}`,
  capture: `03040a00efbeadde36000000360000000700000000000000${PACKET}`,
  debug: "02010a00efbeadde010000000200000003000000",
};
const PREFIX = "CPU 03:";
const CONNECTION = "1.2.3.4:80 -> 5.6.7.8:443 tcp SYN";

test("the messages of the datapath have the methods of Go's types", () => {
  const trace = cilium.decodeTraceNotify(bytesOf("trace"));
  const drop = cilium.decodeDropNotify(bytesOf("drop"));
  const policy = cilium.decodePolicyVerdictNotify(bytesOf("policy"));
  const capture = cilium.decodeDebugCapture(bytesOf("capture"));
  const debug = cilium.decodeDebugMsg(bytesOf("debug"));
  const flow = "flow 0xdeadbeef";
  assert.equal(
    trace.dumpInfo(bytesOf("trace")),
    `-> endpoint 20 ${flow} identity 100->2 state new ifindex 0 orig-ip 0.0.0.0: ${CONNECTION}\n`,
  );
  assert.equal(
    trace.dumpInfo(bytesOf("trace"), { dialect: "v1.19" }),
    `-> endpoint 20 ${flow} identity 100->world state new ifindex 0 orig-ip 0.0.0.0: ${CONNECTION}\n`,
  );
  assert.equal(
    drop.dumpInfo(bytesOf("drop")),
    `xx drop (Policy denied) ${flow} to endpoint 20, identity 100->2: ${CONNECTION}\n`,
  );
  assert.equal(
    policy.dumpInfo(bytesOf("policy")),
    `Policy verdict log: ${flow} local EP ID 10, remote ID 200, proto 6, ingress, action deny, match none, ${CONNECTION}\n`,
  );
  assert.equal(capture.dumpInfo(bytesOf("capture")), `-> 7: ${CONNECTION}\n`);
  assert.equal(debug.dumpInfo(bytesOf("debug")), "");
  assert.equal(debug.message(), "No message, arg1=1 (0x1) arg2=2 (0x2)");
  assert.equal(debug.dump(PREFIX), "CPU 03: MARK 0xdeadbeef FROM 10 DEBUG: No message, arg1=1 (0x1) arg2=2 (0x2)\n");
});

test("verbosely they have the packet's layers, or its bytes", () => {
  const first = {
    trace:
      "CPU 03: MARK 0xdeadbeef FROM 10 to-endpoint: 54 bytes (54 captured), state new, identity 100->2, orig-ip 0.0.0.0, to endpoint 20",
    drop: "CPU 03: MARK 0xdeadbeef FROM 10 DROP: 54 bytes, reason Policy denied, identity 100->2, to endpoint 20",
    capture: "CPU 03: MARK 0xdeadbeef FROM 10 DEBUG: 54 bytes, Delivery to ifindex 7",
  };
  const messages = {
    trace: cilium.decodeTraceNotify(bytesOf("trace")),
    drop: cilium.decodeDropNotify(bytesOf("drop")),
    capture: cilium.decodeDebugCapture(bytesOf("capture")),
  };
  for (const kind of ["trace", "drop", "capture"] as const) {
    const layers = messages[kind].dumpVerbose(true, bytesOf(kind), PREFIX).split("\n");
    assert.equal(layers[0], first[kind]);
    assert.deepEqual(
      layers.slice(1).map((line) => line.split("\t")[0]),
      ["Ethernet", "IPv4", "TCP", ""],
      kind,
    );
    const [line, hex, ...rest] = messages[kind].dumpVerbose(false, bytesOf(kind), PREFIX).split("\n");
    assert.equal(line, first[kind]);
    assert.equal(hex, "00000000  02 33 45 67 89 ab 01 23  45 67 89 ab 08 00 45 00  |.3Eg...#Eg....E.|", kind);
    assert.equal(rest.length, 4, kind);
  }
});

test("as JSON they are what -j prints", () => {
  const summary = "1.2.3.4:80 -\\u003e 5.6.7.8:443 tcp SYN";
  const head = (type: string) => `{"cpu":"CPU 03:","type":"${type}","mark":"0xdeadbeef",`;
  const tail = (json: string) => JSON.parse(json).summary as cilium.DissectSummary;
  const trace = cilium.decodeTraceNotify(bytesOf("trace")).dumpJSON(bytesOf("trace"), PREFIX);
  assert.ok(trace.startsWith(`${head("trace")}"ifindex":"0","state":"new","observationPoint":"to-endpoint",`), trace);
  assert.deepEqual(tail(trace).l3, { src: "1.2.3.4", dst: "5.6.7.8" });
  const drop = cilium.decodeDropNotify(bytesOf("drop")).dumpJSON(bytesOf("drop"), PREFIX);
  assert.ok(drop.startsWith(`${head("drop")}"reason":"Policy denied","source":10,"bytes":54,"srcLabel":100,`), drop);
  assert.deepEqual(tail(drop).l4, { src: "80", dst: "443" });
  assert.equal(
    cilium.decodePolicyVerdictNotify(bytesOf("policy")).dumpJSON(bytesOf("policy"), PREFIX),
    `${head("policy-verdict")}"source":10,"remoteLabel":200,"proto":6,"dstPort":443,"direction":"ingress","verdict":-1,"action":"deny","match":"none","bytes":54,"summary":"${summary}"}\n`,
  );
  assert.equal(
    cilium.decodeDebugCapture(bytesOf("capture")).dumpJSON(bytesOf("capture"), PREFIX),
    `${head("capture")}"message":"Delivery to ifindex 7","prefix":"-\\u003e 7","source":10,"bytes":54,"summary":"${summary}"}\n`,
  );
  assert.equal(
    cilium.decodeDebugMsg(bytesOf("debug")).dumpJSON(PREFIX),
    '{"cpu":"CPU 03:","type":"debug","message":"No message, arg1=1 (0x1) arg2=2 (0x2)"}\n',
  );
});

test("the decoder of any message gives objects with these methods too", () => {
  const decoder = new cilium.MessageDecoder("v1.9", false);
  const decoded = (kind: keyof typeof MESSAGES) => {
    const bytes = bytesOf(kind);
    return decoder.decode(bytes, 0, bytes.length) as Exclude<ReturnType<typeof decoder.decode>, string>;
  };
  const trace = decoded("trace");
  assert.ok(trace.kind === "trace" && trace.notify instanceof cilium.TraceNotify);
  const drop = decoded("drop");
  assert.ok(drop.kind === "drop" && drop.notify instanceof cilium.DropNotify);
  const policy = decoded("policy");
  assert.ok(policy.kind === "policy" && policy.notify instanceof cilium.PolicyVerdictNotify);
  const capture = decoded("capture");
  assert.ok(capture.kind === "capture" && capture.capture instanceof cilium.DebugCapture);
  const debug = decoded("debug");
  assert.ok(debug.kind === "debug" && debug.debug instanceof cilium.DebugMsg);
});

test("what is too short is refused with Go's text", () => {
  const short = [
    [cilium.decodeTraceNotify, "trace", 31],
    [cilium.decodeDropNotify, "drop", 31],
    [cilium.decodePolicyVerdictNotify, "policy", 31],
    [cilium.decodeDebugCapture, "capture", 23],
    [cilium.decodeDebugMsg, "debug", 19],
  ] as const;
  for (const [decode, kind, length] of short)
    assert.throws(
      () => decode(bytesOf(kind).subarray(0, length)),
      (error) => error instanceof TaplineError && error.message === "unexpected EOF",
      kind,
    );
});

function bytesOf(kind: keyof typeof MESSAGES): Uint8Array {
  return Uint8Array.from(Buffer.from(MESSAGES[kind], "hex"));
}
