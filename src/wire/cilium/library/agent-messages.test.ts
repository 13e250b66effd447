import assert from "node:assert/strict";
import { test } from "node:test";
import { agentMessage } from "../../../../test/support/cilium-log-record.ts";
import * as cilium from "../index.ts";

const LABELS = ["unspec:key1=value1", "unspec:key2=value2"];
const BOTH = '"labels":["unspec:key1=value1","unspec:key2=value2"]';
const POD = { id: 10, labels: LABELS, podName: "pod-a", namespace: "ns-a" };
const NAMED = `{"id":10,${BOTH},"pod-name":"pod-a","namespace":"ns-a"}`;

/** The texts are those of Go's constructors of v1.9. */
const CASES: readonly (readonly [made: cilium.AgentNotify, type: number, text: string])[] = [
  [cilium.startMessage("2020-10-19 12:34:56.789 +0000 UTC"), 2, '{"time":"2020-10-19 12:34:56.789 +0000 UTC"}'],
  [cilium.endpointRegenMessage({ id: 10, labels: LABELS }), 3, `{"id":10,${BOTH}}`],
  [
    cilium.endpointRegenMessage({ id: 10, labels: LABELS }, 'RegenError <&> "quoted"'),
    4,
    `{"id":10,${BOTH},"error":"RegenError \\u003c\\u0026\\u003e \\"quoted\\""}`,
  ],
  [cilium.endpointRegenMessage({ id: 0, labels: [] }, ""), 4, "{}"],
  [cilium.policyUpdateMessage(2, LABELS, 1), 5, `{${BOTH},"revision":1,"rule_count":2}`],
  [cilium.policyUpdateMessage(0, [], 1), 5, '{"revision":1,"rule_count":0}'],
  [cilium.policyDeleteMessage(1, ["a:b"], 2), 6, '{"labels":["a:b"],"revision":2,"rule_count":1}'],
  [cilium.endpointCreateMessage(POD), 7, NAMED],
  [cilium.endpointCreateMessage({ id: 10, labels: LABELS }), 7, `{"id":10,${BOTH}}`],
  [cilium.endpointDeleteMessage(POD), 8, NAMED],
  [
    cilium.ipCacheUpsertedMessage({
      cidr: "10.0.0.1/32",
      id: 4242,
      hostIP: "192.168.0.1",
      encryptKey: 0,
      namespace: "default",
      podName: "pod-1",
    }),
    9,
    '{"cidr":"10.0.0.1/32","id":4242,"host-ip":"192.168.0.1","encrypt-key":0,"namespace":"default","pod-name":"pod-1"}',
  ],
  [
    cilium.ipCacheUpsertedMessage({ cidr: "::1/128", id: 2, oldID: 0, oldHostIP: "10.0.0.9", encryptKey: 255 }),
    9,
    '{"cidr":"::1/128","id":2,"old-id":0,"old-host-ip":"10.0.0.9","encrypt-key":255}',
  ],
  [
    cilium.ipCacheDeletedMessage({ cidr: "10.0.0.1/32", id: 4242, encryptKey: 0 }),
    10,
    '{"cidr":"10.0.0.1/32","id":4242,"encrypt-key":0}',
  ],
  [
    cilium.serviceUpsertMessage({
      id: 5,
      frontend: { ip: "10.96.0.10", port: 53 },
      backends: [
        { ip: "10.0.0.5", port: 5353 },
        { ip: "fd00::5", port: 53 },
      ],
      type: "ClusterIP",
      trafficPolicy: "Cluster",
      name: "kube-dns",
      namespace: "kube-system",
    }),
    11,
    '{"id":5,"frontend-address":{"ip":"10.96.0.10","port":53},"backend-addresses":[{"ip":"10.0.0.5","port":5353},{"ip":"fd00::5","port":53}],"type":"ClusterIP","traffic-policy":"Cluster","name":"kube-dns","namespace":"kube-system"}',
  ],
  [
    cilium.serviceUpsertMessage({ id: 5, frontend: { ip: "", port: 0 }, backends: null }),
    11,
    '{"id":5,"frontend-address":{"ip":"","port":0},"backend-addresses":null}',
  ],
  [cilium.serviceDeleteMessage(5), 12, '{"id":5}'],
];

test("the notifications of an agent are made as Go makes them", () => {
  for (const [made, type, text] of CASES) {
    assert.ok(made instanceof cilium.AgentNotify);
    assert.deepEqual({ ...made }, { type, text });
  }
});

test("what was made can be sent, decoded and printed", () => {
  for (const [made, type, text] of CASES) {
    const decoded = cilium.decodeAgentNotify(agentMessage(made.type, made.text));
    assert.deepEqual(decoded, made);
    const name = cilium.resolveAgentType(type);
    assert.equal(decoded.dumpInfo(), `>> ${name}: ${text}\n`);
    assert.equal(decoded.dumpJSON(), `{"type":"agent","subtype":"${name}","message":${text}}\n`);
  }
  assert.equal(cilium.resolveAgentType(11), "Service upserted");
  assert.equal(cilium.resolveAgentType(11, "v1.19"), "11");
});
