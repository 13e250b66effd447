import assert from "node:assert/strict";
import { test } from "node:test";
import { logRecordMessage } from "../../../../test/support/cilium-log-record.ts";
import * as cilium from "../index.ts";

/** 1.2.3.4:80 -> 5.6.7.8:443, SYN. */
const PACKET =
  "0233456789ab0123456789ab0800450000280001000040066abc0102030405060708005001bb0000000000000000500220007dc40000";
const MAX = "f".repeat(16);
const TRACE_HEAD = `04000a00efbeadde3600000036000100640000000200000014000001070000000a000001${"00".repeat(11)}02`;
const LATER_TRACE = `${TRACE_HEAD.replace("36000100", "36000200")}${MAX}${PACKET}`;
const DROP = `01850a00efbeadde360000003600000064000000020000001400000001020304${PACKET}`;
const LATER_DROP = `01850a00efbeadde3600000036000300640000000200000014000000d204010207000000000000002a00000000000000${PACKET}`;
const POLICY = `05000a00efbeadde3600000036000000c8000000ffffffffbb01060102000000${PACKET}`;
const LATER_POLICY = `05000a00efbeadde3600000036000100c8000000ffffffffbb010601020000000700000000000000${PACKET}`;
const CAPTURE = `03040a00efbeadde36000000640000000700000008000000${PACKET}`;
const SOCKET = `0701010050000000${"0100000000000080"}${"0200000000000000"}${"0a000001".padEnd(32, "0")}`;

/** The JSON is what Go's json.Marshal gives of the struct of that version. */
const CASES: readonly (readonly [what: string, value: unknown, json: string])[] = [
  [
    "a trace",
    cilium.decodeTraceNotify(bytes(TRACE_HEAD + PACKET)),
    '{"Type":4,"ObsPoint":0,"Source":10,"Hash":3735928559,"OrigLen":54,"CapLen":54,"Version":1,"SrcLabel":100,"DstLabel":2,"DstID":20,"Reason":0,"Flags":1,"Ifindex":7,"OrigIP":[10,0,0,1,0,0,0,0,0,0,0,0,0,0,0,2]}',
  ],
  [
    "a trace with an id beyond 2^53",
    cilium.decodeTraceNotify(bytes(LATER_TRACE), "v1.19"),
    '{"Type":4,"ObsPoint":0,"Source":10,"Hash":3735928559,"OrigLen":54,"CapLen":54,"Version":2,"ExtVersion":0,"SrcLabel":100,"DstLabel":2,"DstID":20,"Reason":0,"Flags":1,"Ifindex":7,"OrigIP":[10,0,0,1,0,0,0,0,0,0,0,0,0,0,0,2],"IPTraceID":18446744073709551615}',
  ],
  [
    "a drop",
    cilium.decodeDropNotify(bytes(DROP)),
    '{"Type":1,"SubType":133,"Source":10,"Hash":3735928559,"OrigLen":54,"CapLen":54,"SrcLabel":100,"DstLabel":2,"DstID":20,"Unused":67305985}',
  ],
  [
    "a drop of v1.19",
    cilium.decodeDropNotify(bytes(LATER_DROP), "v1.19"),
    '{"Type":1,"SubType":133,"Source":10,"Hash":3735928559,"OrigLen":54,"CapLen":54,"Version":3,"ExtVersion":0,"SrcLabel":100,"DstLabel":2,"DstID":20,"Line":1234,"File":1,"ExtError":2,"Ifindex":7,"Flags":0,"IPTraceID":42}',
  ],
  [
    "a verdict",
    cilium.decodePolicyVerdictNotify(bytes(POLICY)),
    '{"Type":5,"SubType":0,"Source":10,"Hash":3735928559,"OrigLen":54,"CapLen":54,"Version":0,"RemoteLabel":200,"Verdict":-1,"DstPort":443,"Proto":6,"Flags":1,"Pad1":2}',
  ],
  [
    "a verdict of v1.19",
    cilium.decodePolicyVerdictNotify(bytes(LATER_POLICY), "v1.19"),
    '{"Type":5,"SubType":0,"Source":10,"Hash":3735928559,"OrigLen":54,"CapLen":54,"Version":1,"ExtVersion":0,"RemoteLabel":200,"Verdict":-1,"DstPort":443,"Proto":6,"Flags":1,"AuthType":2,"Cookie":7}',
  ],
  [
    "a debug capture",
    cilium.decodeDebugCapture(bytes(CAPTURE)),
    '{"Type":3,"SubType":4,"Source":10,"Hash":3735928559,"Len":54,"OrigLen":100,"Arg1":7,"Arg2":8}',
  ],
  [
    "a debug capture of v1.19",
    cilium.decodeDebugCapture(bytes(CAPTURE), "v1.19"),
    '{"Type":3,"SubType":4,"Source":10,"Hash":3735928559,"OrigLen":54,"Len":100,"Version":0,"ExtVersion":0,"Arg1":7,"Arg2":8}',
  ],
  [
    "a debug message",
    cilium.decodeDebugMsg(bytes("02010a00efbeadde010000000200000003000000")),
    '{"Type":2,"SubType":1,"Source":10,"Hash":3735928559,"Arg1":1,"Arg2":2,"Arg3":3}',
  ],
  [
    "a socket trace",
    cilium.decodeTraceSockNotify(bytes(SOCKET), "v1.19"),
    '{"Type":7,"XlatePoint":1,"L4Proto":1,"Flags":0,"DstPort":80,"SockCookie":9223372036854775809,"CgroupId":2,"DstIP":[10,0,0,1,0,0,0,0,0,0,0,0,0,0,0,0]}',
  ],
  [
    "a recorder's packet",
    cilium.decodeRecorderCapture(bytes(`06010200070000000100000000000080360000003600000000`)),
    '{"Type":6,"SubType":1,"RuleID":2,"Reserved":7,"TimeBoot":9223372036854775809,"CapLen":54,"Len":54}',
  ],
  ["an agent's notification", new cilium.AgentNotify(1, "<&>"), '{"Type":1,"Text":"\\u003c\\u0026\\u003e"}'],
  [
    "a payload and its header",
    cilium.readMetaPayload(cilium.writeMetaPayload({ data: bytes("010203"), cpu: -1, lost: 2n ** 63n, type: 9 })),
    '{"meta":{"Size":80},"payload":{"Data":"AQID","CPU":-1,"Lost":9223372036854775808,"Type":9}}',
  ],
  [
    "a connection",
    cilium.getConnectionInfo(bytes(PACKET)),
    '{"SrcIP":"1.2.3.4","DstIP":"5.6.7.8","SrcPort":80,"DstPort":443,"Proto":"tcp","IcmpCode":""}',
  ],
  [
    "a connection of v1.19",
    cilium.getConnectionInfo(bytes(PACKET), { dialect: "v1.19" }),
    '{"SrcIP":"1.2.3.4","DstIP":"5.6.7.8","SrcPort":80,"DstPort":443,"Proto":"tcp","IcmpCode":"","VrrpType":"","VrrpVrID":"","VrrpPriority":"","IgmpType":"","IgmpGroupAddress":"","Tunnel":null}',
  ],
];

test("what is decoded has Go's JSON", () => {
  for (const [what, value, json] of CASES) assert.equal(JSON.stringify(value), json, what);
});

test("records and what is made of them have Go's JSON, identities beyond 2^53 too", () => {
  const record = cilium.decodeLogRecordNotify(
    logRecordMessage(
      {
        Type: "Request",
        Timestamp: "t",
        SourceEndpoint: { ID: 1, IPv4: "10.0.0.1", Port: 2, Identity: 2n ** 64n - 1n, Labels: ["k8s:a=<b>"] },
        HTTP: { Code: 200, Method: "GET", URL: new TextEncoder().encode("/x"), Headers: { B: ["1", "2"], A: [] } },
        L7: { Proto: "p", Fields: { b: "2", a: "1" } },
      },
      { labels: "texts", addresses: "bytes", digest: true },
    ),
  );
  const http =
    '{"Code":200,"Method":"GET","URL":{"Scheme":"","Opaque":"","User":null,"Host":"","Path":"/x","RawPath":"","OmitHost":false,"ForceQuery":false,"RawQuery":"","Fragment":"","RawFragment":""},"Protocol":"","Headers":{"A":null,"B":["1","2"]},"MissingHeaders":null,"RejectedHeaders":null}';
  const l7 = '{"Proto":"p","Fields":{"a":"1","b":"2"}}';
  assert.equal(
    JSON.stringify(cilium.logRecordNotifyToVerbose(record)),
    `{"type":"logRecord","observationPoint":"","flowType":"Request","l7Proto":"http","srcEpID":1,"srcEpLabels":["k8s:a=\\u003cb\\u003e"],"srcIdentity":18446744073709551615,"dstEpID":0,"dstEpLabels":null,"dstIdentity":0,"verdict":"","http":${http},"l7":${l7}}`,
  );
  const verbose = cilium.logRecordNotifyToVerbose(record);
  assert.equal(verbose.srcIdentity, 2n ** 64n - 1n);
  assert.deepEqual(verbose.http?.Headers, { A: null, B: ["1", "2"] });
  assert.equal(verbose.kafka, undefined);
  const nothing = '"IPv4":"","IPv6":"","Port":0,"Identity":0,"Labels":null,"LabelsSHA256":""}';
  assert.equal(
    JSON.stringify(record),
    `{"Type":"Request","Timestamp":"t","NodeAddressInfo":{"IPv4":"","IPv6":""},"ObservationPoint":"","SourceEndpoint":{"ID":1,"IPv4":"10.0.0.1","IPv6":"","Port":2,"Identity":18446744073709551615,"Labels":["k8s:a=\\u003cb\\u003e"],"LabelsSHA256":""},"DestinationEndpoint":{"ID":0,${nothing},"IPVersion":0,"Verdict":"","Info":"","Metadata":null,"TransportProtocol":0,"FlowEvent":"","ServiceInfo":null,"DropReason":null,"HTTP":${http},"L7":${l7}}`,
  );
});

test("a verdict's version has two bytes in v1.9", () => {
  const message = bytes(POLICY.replace("36000000c8", "36000201c8"));
  assert.match(JSON.stringify(cilium.decodePolicyVerdictNotify(message)), /"Version":258,"RemoteLabel"/);
  assert.match(
    JSON.stringify(cilium.decodePolicyVerdictNotify(message, "v1.19")),
    /"Version":2,"ExtVersion":1,"RemoteLabel"/,
  );
});

test("what is too short fails with Go's text", () => {
  const { decodeDebugCapture, decodeDebugMsg, decodeDropNotify, decodePolicyVerdictNotify } = cilium;
  for (const decode of [decodeDebugCapture, decodeDebugMsg, decodeDropNotify, decodePolicyVerdictNotify]) {
    assert.throws(() => decode(new Uint8Array(0)), { message: "EOF" });
    assert.throws(() => decode(new Uint8Array(19)), { message: "unexpected EOF" });
  }
  for (const dialect of ["v1.19", "v1.20"] as const)
    assert.throws(() => cilium.decodeTraceSockNotify(new Uint8Array(19), dialect), {
      message: "unexpected TraceSockNotify data length, expected 40 but got 19",
    });
});

test("the fields that v1.9 names are there", () => {
  assert.equal(cilium.decodeDropNotify(bytes(DROP)).unused, 0x04030201);
  assert.equal(cilium.decodePolicyVerdictNotify(bytes(POLICY)).pad1, 2);
});

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}
