import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatCompactFlow, hubbleCells, readJsonEvent } from "../index.ts";

/** As Hubble's own printer (v1.19.4) prints them; test/peers/hubble-printer.test.ts compares drawn events of every kind with it. */
const CASES: readonly (readonly [what: string, document: object, line: string])[] = [
  ...["UNKNOWN_LOST_EVENT_SOURCE", "PERF_EVENT_RING_BUFFER", "OBSERVER_EVENTS_QUEUE", "HUBBLE_RING_BUFFER"].map(
    (source, number) =>
      [
        `lost events of ${source}`,
        { lost_events: { ...(number === 0 ? {} : { source }), num_events_lost: "18446744073709551615", cpu: 3 } },
        `Jan 31 12:00:00.250 EVENTS LOST: ${source} CPU(3) 18446744073709551615`,
      ] as const,
  ),
  [
    "lost events of a source without a name, of no CPU, between two times",
    { lost_events: { source: 9, first: "2026-01-31T11:00:00Z", last: "2026-01-31T11:59:59.999999Z" } },
    "Jan 31 12:00:00.250 EVENTS LOST: 9 CPU(0) 0 (first: Jan 31 11:00:00.000, last: Jan 31 11:59:59.999)",
  ],
  [
    "a policy's verdict",
    flow({ verdict: "REDIRECTED", event_type: { type: 5 }, policy_match_type: 2, traffic_direction: "EGRESS" }),
    "Jan 31 12:00:00.250: 10.0.0.1:4000 (unknown) <> 10.0.0.2:80 (world) policy-verdict:L3-L4 EGRESS ALLOWED (SYN)",
  ],
  [
    "a policy's denial, whose direction is not known",
    flow({ verdict: "DROPPED", event_type: { type: 5 } }),
    "Jan 31 12:00:00.250: 10.0.0.1:4000 (unknown) <> 10.0.0.2:80 (world) policy-verdict:none TRAFFIC_DIRECTION_UNKNOWN DENIED (SYN)",
  ],
  [
    "a drop that a reason without a name made",
    flow({ verdict: "DROPPED", event_type: { type: 1, sub_type: 255 } }),
    "Jan 31 12:00:00.250: 10.0.0.1:4000 (unknown) <> 10.0.0.2:80 (world) 255, 0 DROPPED (SYN)",
  ],
  [
    "a reply that is authenticated and traced",
    flow({
      ...{ verdict: "FORWARDED", is_reply: true, auth_type: "SPIRE", ip_trace_id: { trace_id: "7" } },
      event_type: { type: 4, sub_type: 3 },
    }),
    "Jan 31 12:00:00.250: 10.0.0.2:80 (world) <- 10.0.0.1:4000 (unknown) to-stack FORWARDED (IP Trace ID: 7; SYN; Auth: SPIRE)",
  ],
  [
    "a translated connection",
    flow({
      verdict: "TRANSLATED",
      event_type: { type: 7 },
      sock_xlate_point: "SOCK_XLATE_POINT_POST_DIRECTION_REV",
    }),
    "Jan 31 12:00:00.250: 10.0.0.1:4000 (unknown) <> 10.0.0.2:80 (world) post-xlate-rev TRANSLATED (SYN)",
  ],
  [
    "a capture",
    flow({ event_type: { type: 3 }, debug_capture_point: "DBG_CAPTURE_DELIVERY" }),
    "Jan 31 12:00:00.250: 10.0.0.1:4000 (unknown) <> 10.0.0.2:80 (world) DBG_CAPTURE_DELIVERY VERDICT_UNKNOWN (SYN)",
  ],
  [
    "DNS, with the service and the names of its ends",
    flow({
      ...{ verdict: "FORWARDED", is_reply: false, source_service: { namespace: "shop", name: "cart" } },
      ...{ destination_names: ["a.example", "b.example"], event_type: { type: 129 } },
      l7: { type: "RESPONSE", dns: { query: "a.example.", observation_source: "proxy" } },
    }),
    "Jan 31 12:00:00.250: shop/cart:4000 (unknown) -> a.example,b.example:80 (world) dns-response proxy FORWARDED (SYN)",
  ],
  [
    "a frame without IP, of no type that is known",
    { flow: { time: time(), ethernet: { source: "02:00:00:00:00:01", destination: "02:00:00:00:00:02" } } },
    "Jan 31 12:00:00.250: 02:00:00:00:00:01 (unknown) <> 02:00:00:00:00:02 (unknown) UNKNOWN VERDICT_UNKNOWN ()",
  ],
  [
    "an endpoint's regeneration",
    {
      agent_event: {
        type: "ENDPOINT_REGENERATE_FAILURE",
        endpoint_regenerate: { id: "7", labels: ["k8s:app=cart", "k8s:tier=front"], error: "no" },
      },
    },
    "Jan 31 12:00:00.250: ENDPOINT_REGENERATE_FAILURE (id: 7, labels: [k8s:app=cart,k8s:tier=front], error: no)",
  ],
  [
    "a service's update",
    {
      agent_event: {
        type: "SERVICE_UPSERTED",
        service_upsert: {
          ...{
            id: 3,
            frontend_address: { ip: "fd00::1", port: 80 },
            backend_addresses: [{ ip: "10.0.0.1", port: 8080 }],
          },
          ...{ type: "ClusterIP", namespace: "shop", name: "cart" },
        },
      },
    },
    "Jan 31 12:00:00.250: SERVICE_UPSERTED (id: 3, frontend: [fd00::1]:80, backends: [10.0.0.1:8080], type: ClusterIP, namespace: shop, name: cart)",
  ],
  [
    "an agent's event whose details are of another type",
    { agent_event: { type: "IPCACHE_UPSERTED", policy_update: { revision: "1" } } },
    "Jan 31 12:00:00.250: IPCACHE_UPSERTED (UNKNOWN)",
  ],
  [
    "what the datapath says for debugging",
    {
      debug_event: {
        type: "DBG_CT_LOOKUP4_1",
        source: { ID: 9, labels: ["reserved:host"] },
        hash: 255,
        cpu: 1,
        message: "m",
      },
    },
    "Jan 31 12:00:00.250: reserved:host (ID: 9) DBG_CT_LOOKUP4_1 MARK: 0xff CPU: 01 (m)",
  ],
  [
    "nodes that are gone",
    { node_status: { state_change: "NODE_ERROR", node_names: ["a".repeat(30), "b".repeat(30)], message: "no" } },
    `Jan 31 12:00:00.250 [k8s1]: Error "no" on 2 nodes: ${"a".repeat(30)} (and 1 more)`,
  ],
];

function time(): string {
  return "2026-01-31T12:00:00.250999Z";
}

function flow(members: object): object {
  return {
    flow: {
      ...{ time: time(), IP: { source: "10.0.0.1", destination: "10.0.0.2" }, destination: { identity: 2 } },
      ...{ l4: { TCP: { source_port: 4000, destination_port: 80 } }, Summary: "SYN", ...members },
    },
  };
}

describe("what came from Hubble is printed as Hubble prints it", () => {
  for (const [what, document, line] of CASES)
    test(what, () => {
      const event = readJsonEvent({ ...document, time: time(), node_name: "k8s1" })!;
      assert.equal(formatCompactFlow(event), `${line}\n`);
    });
});

test("names that the user gave come before Hubble's, and control characters of either reach no terminal", () => {
  const event = readJsonEvent(
    flow({ source: { ID: 7, identity: 9000, pod_name: "\u001b[31m" }, Summary: "\u009b" }) as Record<string, unknown>,
  )!;
  assert.match(formatCompactFlow(event), /: \\x1b\[31m:4000 \(ID:9000\) .*\(\\x9b\)\n$/);
  const names = { endpointName: () => "shop/cart", identityName: () => "cart", portName: () => "http" };
  assert.match(formatCompactFlow(event, names), /: shop\/cart:http \(cart\) <> 10\.0\.0\.2:http \(cart\) /);
  assert.deepEqual(hubbleCells(event, names).slice(1, 3), ["shop/cart:http", "10.0.0.2:http"]);
});

test("what the monitor lost is told in the same words", () => {
  const lost = { kind: "lost", summary: "7 events lost", attributes: { "lost.events": 7 } } as const;
  assert.equal(formatCompactFlow({ ...lost, cpu: 3 }), "EVENTS LOST: PERF_EVENT_RING_BUFFER CPU(3) 7\n");
  assert.deepEqual(hubbleCells(lost).slice(1), ["PERF_EVENT_RING_BUFFER", "-", "EVENTS LOST", "-", "CPU(?) - 7"]);
});
