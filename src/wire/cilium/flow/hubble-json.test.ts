import assert from "node:assert/strict";
import { test } from "node:test";
import { FlowEventReader, hubbleDocument, readJsonEvent } from "../index.ts";

const FLOW = {
  flow: {
    time: "2021-06-21T20:43:40.984355420Z",
    verdict: "DROPPED",
    drop_reason: 133,
    IP: { source: "10.0.1.71", destination: "10.0.1.142", ipVersion: "IPv4" },
    l4: { TCP: { source_port: 57024, destination_port: 80, flags: { SYN: true, ACK: true } } },
    source: { ID: 1, identity: 9212, namespace: "default", labels: ["k8s:id=app1", "k8s:x"], pod_name: "app1-x" },
    destination: { ID: 2, identity: 2 },
    Type: "L3_L4",
    event_type: { type: 1, sub_type: 133 },
    traffic_direction: "INGRESS",
    drop_reason_desc: "POLICY_DENIED",
    is_reply: false,
    file: { name: "bpf_lxc.c", line: 12 },
    Summary: "TCP Flags: SYN, ACK",
  },
  node_name: "k8s1",
  time: "2021-06-21T20:43:40.984355420Z",
};
const LOST = { lost_events: { source: "PERF_EVENT_RING_BUFFER", num_events_lost: "17", cpu: 3 }, node_name: "k8s1" };
const RECORD = {
  flow: {
    verdict: "FORWARDED",
    Type: "L7",
    event_type: { type: 129 },
    l7: { type: "REQUEST", http: { method: "GET", url: "http://a/b", code: 0 } },
  },
};

test("Hubble's flows are read, and go out as they came", () => {
  const flow = readJsonEvent(FLOW)!;
  assert.equal(flow.kind, "drop");
  assert.equal(flow.node, "k8s1");
  assert.deepEqual(flow.time, { seconds: 1624308220, nanos: 984355420 });
  assert.deepEqual(flow.destination, { kind: "ip", address: "10.0.1.142", port: 80 });
  assert.equal(flow.reason, "Policy denied");
  assert.deepEqual(flow.attributes, {
    "source.endpoint": 1,
    "source.identity": 9212,
    "source.labels": "k8s:id=app1 k8s:x",
    "source.namespace": "default",
    "source.pod": "app1-x",
    "destination.endpoint": 2,
    "destination.identity": 2,
    "flow.type": "Policy denied",
    "flow.reply": false,
    "tcp.flags": "SYN, ACK",
    "flow.direction": "ingress",
    "drop.code": 133,
    "drop.file": "bpf_lxc.c",
    "drop.line": 12,
    "flow.transport": "TCP Flags: SYN, ACK",
  });
  const lost = readJsonEvent(LOST)!;
  assert.deepEqual([lost.kind, lost.cpu, lost.attributes["lost.events"]], ["lost", 3, 17]);
  const record = readJsonEvent(RECORD)!;
  assert.deepEqual(
    [record.kind, record.attributes["flow.type"], record.attributes["http.url"]],
    ["l7", "http-request", "http://a/b"],
  );
  for (const document of [FLOW, LOST, RECORD]) assert.deepEqual(hubbleDocument(readJsonEvent(document)!), document);
});

test("what is no flow of Hubble's is not taken for one, whatever its members are", () => {
  for (const value of [{ flow: 1 }, { flow: null }, { lost_events: [] }, {}, { node_status: 1 }, { agent_event: [] }])
    assert.equal(readJsonEvent(value), undefined, JSON.stringify(value));
  for (const member of Object.keys(FLOW.flow))
    for (const value of [null, 1, "x", [], {}, { type: "x", sub_type: {} }]) {
      const event = readJsonEvent({ flow: { ...FLOW.flow, [member]: value } });
      assert.ok(event !== undefined && typeof event.summary === "string", member);
    }
});

test("what Hubble tells of nodes and agents is read, and goes out as it came", () => {
  const status = {
    node_status: { state_change: "NODE_GONE", node_names: ["a", "b"], message: "away" },
    node_name: "n",
  };
  const agent = {
    agent_event: { type: "POLICY_UPDATED", policy_update: { revision: "7" } },
    time: "2021-06-21T20:43:40Z",
  };
  const debug = { debug_event: { type: "DBG_CT_LOOKUP", source: { ID: 5 }, message: "CT lookup" } };
  const seen = [status, agent, debug].map((document) => {
    const event = readJsonEvent(document)!;
    assert.equal(hubbleDocument(event), document);
    return [event.kind, event.summary, event.node];
  });
  assert.deepEqual(seen, [
    ["agent", "node-status: NODE_GONE a, b away", "n"],
    ["agent", 'POLICY_UPDATED: {"revision":"7"}', undefined],
    ["debug", "CT lookup", undefined],
  ]);
});

test("an observation point without a name is that of the event's subtype", () => {
  const point = (flow: object) => readJsonEvent({ flow }, {})?.attributes["trace.point"];
  assert.equal(point({ event_type: { type: 4, sub_type: 12 }, trace_observation_point: 12 }), "from-crypto");
  assert.equal(point({ event_type: { type: 4, sub_type: 13 } }), "to-crypto");
  assert.equal(point({ event_type: { type: 4 }, trace_observation_point: "UNKNOWN_POINT" }), "to-endpoint");
  assert.equal(point({ event_type: { type: 4, sub_type: 3 }, trace_observation_point: "TO_PROXY" }), "to-proxy");
  assert.equal(point({ event_type: { type: 1, sub_type: 133 } }), undefined);
});

test("the flows of messages have Hubble's JSON", () => {
  const packet =
    "0233456789ab0123456789ab0800450000280001000040066abc0102030405060708005001bb0000000000000000500220007dc40000";
  const drop = `01850a00efbeadde3600000036000300640000000200000014000000d204010007000000000000000000000000000000${packet}`;
  const bytes = Uint8Array.from(Buffer.from(drop, "hex"));
  const flows = new FlowEventReader({ dialect: "auto" });
  const payload = { bytes, start: 0, end: bytes.length, limit: bytes.length, cpu: 0, lost: 0n, type: 9 };
  const event = flows.read(payload, { node: "n", time: { seconds: 0, nanos: 5 } });
  assert.ok(typeof event !== "string");
  const frame = { node_name: "n", time: "1970-01-01T00:00:00.000000005Z" };
  assert.deepEqual(hubbleDocument(event), {
    flow: {
      ...frame,
      verdict: "DROPPED",
      drop_reason: 133,
      ethernet: { source: "01:23:45:67:89:ab", destination: "02:33:45:67:89:ab" },
      IP: { source: "1.2.3.4", destination: "5.6.7.8", ipVersion: "IPv4" },
      l4: { TCP: { source_port: 80, destination_port: 443, flags: { SYN: true } } },
      source: { ID: 10, identity: 100 },
      destination: { ID: 20, identity: 2 },
      Type: "L3_L4",
      event_type: { type: 1, sub_type: 133 },
      file: { name: "bpf_host.c", line: 1234 },
      drop_reason_desc: "POLICY_DENIED",
      interface: { index: 7 },
      Summary: "TCP Flags: SYN",
    },
    ...frame,
  });
  // A point and a reason without names, no port, no interface: members that say nothing are left out.
  const trace = `04630a00efbeadde360000003600000064000000020000001400ff0000000000${packet.replace("005001bb", "00000000")}`;
  const traced = Uint8Array.from(Buffer.from(trace, "hex"));
  const odd = flows.read({ ...payload, bytes: traced, end: traced.length, limit: traced.length }, {});
  assert.ok(typeof odd !== "string");
  const { flow } = hubbleDocument(odd) as { flow: Record<string, unknown> };
  assert.deepEqual(
    [flow["trace_observation_point"], flow["trace_reason"], flow["interface"], flow["l4"]],
    [99, 255, undefined, { TCP: { flags: { SYN: true } } }],
  );
  const lost = flows.read({ ...payload, type: 2, lost: 3n }, {});
  assert.ok(typeof lost !== "string");
  assert.deepEqual(hubbleDocument(lost), {
    lost_events: { source: "PERF_EVENT_RING_BUFFER", num_events_lost: "3", cpu: 0 },
  });
});
