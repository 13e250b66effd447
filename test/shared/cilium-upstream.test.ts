import assert from "node:assert/strict";
import { test } from "node:test";
import type { FlowEvent } from "../../src/model/index.ts";
import {
  type Dialect,
  decodeDebugCapture,
  decodeDebugMsg,
  decodeDropNotify,
  decodePolicyVerdictNotify,
  decodeTraceNotify,
  decodeTraceSockNotify,
  dissect,
  endpointRegenMessage,
  formatCompactFlow,
  getConnectionSummary,
  getDissectSummary,
  hubbleCells,
  hubbleTitles,
  MonitorFormatter,
  matchesFilter,
  policyDeleteMessage,
  policyUpdateMessage,
  readMetaPayload,
  TraceNotify,
  writeMetaPayload,
} from "../../src/wire/cilium/index.ts";
import { CILIUM, fromHex, readVectors } from "../support/cilium-vectors.ts";

/** Cilium's own tests, case by case. */
interface Upstream {
  readonly ver: string;
  readonly source: string;
  readonly case: string;
  // biome-ignore lint/suspicious/noExplicitAny: each test has inputs of its own.
  readonly input: any;
  // biome-ignore lint/suspicious/noExplicitAny: and expectations.
  readonly expect: any;
}

function casesOf(name: string): Upstream[] {
  const cases = readVectors<Upstream>("upstream-tests.jsonl").filter(({ source }) => source.includes(name));
  assert.ok(cases.length > 0, name);
  return cases;
}

const DECODERS: Readonly<Record<string, (data: Uint8Array, dialect: Dialect) => object>> = {
  TestDecodeDebugCapture: decodeDebugCapture,
  TestDecodeDebugMsg: decodeDebugMsg,
  TestDropNotify: decodeDropNotify,
  TestDecodePolicyVerdicyNotify: decodePolicyVerdictNotify,
  TestDecodeTraceSockNotify: decodeTraceSockNotify,
  TestDecodeTraceNotify: decodeTraceNotify,
};

test("messages decode field by field", { skip: CILIUM.skip }, () => {
  for (const [name, decode] of Object.entries(DECODERS))
    for (const { input, expect, ver, case: what } of casesOf(name)) {
      const hex = input?.hex ?? input?.v0_hex;
      if (hex === undefined) continue;
      const dialect = ver.startsWith("v1.19") || ver === "v1.18+" ? "v1.19" : "v1.9";
      if (typeof expect === "string") {
        const message = /"(.*)"/.exec(expect)![1]!;
        assert.throws(() => decode(fromHex(hex), dialect), { message }, `${name} ${what}`);
        continue;
      }
      const decoded = decode(fromHex(hex), dialect) as unknown as Record<string, unknown>;
      for (const [field, value] of Object.entries(expect)) {
        const key = `${field[0]!.toLowerCase()}${field.slice(1)}`.replace(/^iP/, "ip").replace(/_hex$/, "");
        const found = field === "DataOffset" ? (decoded["dataOffset"] as () => number).call(decoded) : decoded[key];
        const shown = found instanceof Uint8Array ? Buffer.from(found).toString("hex") : found;
        const wanted = typeof shown === "bigint" ? BigInt(value as string) : value;
        assert.equal(shown, wanted, `${name} ${what} ${field}`);
      }
    }
});

test("the packet of a drop begins where its version says", { skip: CILIUM.skip }, () => {
  const { expect } = casesOf("TestDecodeDropNotify").find(({ source }) => source.endsWith(":TestDecodeDropNotify"))!;
  for (const [version, offset] of Object.entries(expect)) {
    const message = new Uint8Array(48);
    message[14] = Number(version.slice(1));
    assert.equal(decodeDropNotify(message.subarray(0, offset as number), "v1.19").dataOffset(), offset, version);
  }
});

test("protocol 1.0 is written and read as Go does", { skip: CILIUM.skip }, () => {
  const { input, expect } = casesOf("TestWriteReadMetaPayload")[0]!;
  const { Data, Lost, CPU, Type } = input.Payload;
  const payload = { data: Uint8Array.from(Data), cpu: CPU, lost: BigInt(Lost), type: Type };
  const bytes = writeMetaPayload(payload);
  assert.equal(Buffer.from(bytes).toString("hex"), expect.bytes_hex);
  assert.deepEqual(readMetaPayload(bytes), { meta: { size: bytes.length - 32 }, payload });
  for (let cut = 0; cut < bytes.length; cut++)
    assert.throws(
      () => readMetaPayload(bytes.subarray(0, cut)),
      { message: cut === 0 ? "EOF" : /EOF$/ },
      `cut at ${cut}`,
    );
});

test("trace reasons", { skip: CILIUM.skip }, () => {
  const notify = new TraceNotify();
  const asks: Readonly<Record<string, () => unknown>> = {
    TestIsEncrypted: () => notify.isEncrypted(),
    "TestTraceReason ": () => notify.traceReason(),
    TestTraceReasonIsKnown: () => notify.traceReasonIsKnown(),
    TestTraceReasonIsReply: () => notify.traceReasonIsReply(),
    TestTraceReasonIsEncap: () => notify.traceReasonIsEncap(),
    TestTraceReasonIsDecap: () => notify.traceReasonIsDecap(),
  };
  for (const [name, ask] of Object.entries(asks))
    for (const { source, input, expect, case: what } of casesOf(name.trim())) {
      if (!source.endsWith(`:${name.trim()}`)) continue;
      notify.reason = input.reason;
      assert.equal(ask(), expect, `${name} ${what}`);
    }
});

test("packets in tunnels and without Ethernet headers", { skip: CILIUM.skip }, () => {
  for (const { input, expect, ver, case: what } of casesOf("dissect_test.go:TestConnectionSummary")) {
    if (input === null) continue;
    const dialect = ver.startsWith("v1.9") ? "v1.9" : "v1.19";
    const { IsL3Device = false, IsIPv6 = false, IsVXLAN = false, IsGeneve = false } = input.opts ?? {};
    const options = { dialect, isL3Device: IsL3Device, isIPv6: IsIPv6, isVXLAN: IsVXLAN, isGeneve: IsGeneve } as const;
    assert.equal(getConnectionSummary(fromHex(input.packet_hex), options), expect, what);
  }
  for (const { input, expect, ver } of casesOf("dissect_test.go:TestDissectSummary")) {
    const { IsVXLAN = false, IsGeneve = false } = input.opts ?? {};
    const dialect = ver.startsWith("v1.9") ? "v1.9" : "v1.19";
    const summary = getDissectSummary(fromHex(input.packet_hex), { dialect, isVXLAN: IsVXLAN, isGeneve: IsGeneve });
    for (const [member, value] of Object.entries(expect)) {
      const found = summary?.[member as "l2"] as unknown;
      if (value === "non-empty") assert.ok(typeof found === "string" && found !== "", member);
      else if (member === "tunnel")
        for (const [layer, flow] of Object.entries(value as object))
          assert.deepEqual((found as Record<string, unknown>)[layer], flow);
      else assert.deepEqual(found, value, member);
    }
  }
  for (const { input, expect } of casesOf("dissect_test.go:TestDissect")) {
    const lines = /^(\d) lines starting ([\w, ]+)/.exec(typeof expect === "string" ? expect : "");
    if (lines === null) continue;
    const { IsL3Device = false, IsGeneve = false } = input.opts ?? {};
    const text = dissect(true, fromHex(input.packet_hex), {
      dialect: "v1.19",
      isL3Device: IsL3Device,
      isGeneve: IsGeneve,
    });
    const names = text
      .trimEnd()
      .split("\n")
      .map((line) => line.split("\t")[0]);
    assert.deepEqual(names, lines[2]!.replace(/;.*/, "").split(", ").slice(0, Number(lines[1])));
  }
});

test("filters", { skip: CILIUM.skip }, () => {
  for (const { input, expect, case: what } of casesOf("format_test.go:TestMatch")) {
    const { types, from, to, related, messageType, src, dst } = input;
    const filter = { eventTypes: types, fromSource: from, toDst: to, related };
    assert.equal(matchesFilter(filter, messageType, src, dst), expect, what);
  }
  for (const { input } of casesOf("TestFormatSampleFiltering")) {
    const shown = new MonitorFormatter({ fromSource: [10], dialect: "v1.19" }).formatSample(fromHex(input.hex), 0);
    assert.match(shown, /drop.*to endpoint 20/);
    assert.equal(new MonitorFormatter({ fromSource: [11], dialect: "v1.19" }).formatSample(fromHex(input.hex), 0), "");
  }
});

test("agent messages", { skip: CILIUM.skip }, () => {
  const labels = ["unspec:key1=value1", "unspec:key2=value2"];
  const made = [
    ["TestPolicyUpdateMessage", policyUpdateMessage(2, labels, 1)],
    ["TestEmptyPolicyUpdateMessage", policyUpdateMessage(0, [], 1)],
    ["TestPolicyDeleteMessage", policyDeleteMessage(1, labels.slice(0, 1), 2)],
    ["TestEndpointRegenMessage", endpointRegenMessage({ id: 10, labels }, "RegenError")],
  ] as const;
  for (const [name, { type, text }] of made)
    assert.deepEqual({ Type: type, Text: text }, casesOf(name)[0]!.expect, name);
});

test("flows are printed as hubble prints them", { skip: CILIUM.skip }, () => {
  for (const { input, expect, case: what } of casesOf("TestPrinter_WriteProtoFlow")) {
    const { flow, options } = input;
    const reply = options.is_reply === null ? undefined : (options.is_reply ?? flow.is_reply);
    const isPolicy = options.event_type === 5;
    const event: FlowEvent = {
      kind: isPolicy ? "policy" : "drop",
      time: { seconds: 1234, nanos: 567_800_000 },
      node: flow.node_name,
      source: { kind: "ip", address: flow.IP.source, port: flow.l4.TCP.source_port },
      destination: { kind: "ip", address: flow.IP.destination, port: flow.l4.TCP.destination_port },
      verdict: isPolicy ? "DENIED" : flow.verdict,
      summary: flow.Summary,
      attributes: {
        "source.identity": flow.source.identity,
        "destination.identity": flow.destination.identity,
        "flow.type": isPolicy ? `policy-verdict:none ${options.traffic_direction}` : "Policy denied",
        ...(reply === undefined ? {} : { "flow.reply": reply }),
      },
    };
    const node = options.node === true;
    if (what.startsWith("compact")) assert.equal(formatCompactFlow(event, { node }), expect, what);
    else {
      const rows = expect.split("\n").map((row: string) => row.split(/ {3,}/));
      assert.deepEqual([hubbleTitles(node), hubbleCells(event, { node })], rows, what);
    }
  }
});
