import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { compileFilter } from "../../analysis/filter/index.ts";
import { type FlowEvent, TaplineError } from "../../model/index.ts";
import { splitType, subtypeFilterOf } from "./event-types.ts";
import { asksForNames, type FlowFlags, flowFilterOf } from "./flow-flags.ts";

const NONE: FlowFlags = Object.fromEntries(
  "verdict pod fromPod toPod namespace label ip port protocol identity httpStatus httpMethod trafficDirection"
    .split(" ")
    .map((name) => [name, []]),
) as never;

const ends = {
  source: { kind: "ip", address: "10.0.0.1", port: 40000 },
  destination: { kind: "ip", address: "10.1.0.2", port: 443 },
} as const;
const DROP: FlowEvent = {
  kind: "drop",
  ...ends,
  protocol: "tcp",
  verdict: "DROPPED",
  reason: "Policy denied",
  summary: "",
  attributes: {
    "drop.code": 133,
    "source.identity": 12345,
    "destination.identity": 2,
    "source.namespace": "shop",
    "source.pod": "cart-7d9f",
    "source.labels": "k8s:app=cart k8s:io.kubernetes.pod.namespace=shop",
  },
};
const TRACE: FlowEvent = {
  kind: "trace",
  ...ends,
  protocol: "udp",
  verdict: "FORWARDED",
  summary: "",
  attributes: {
    "trace.point": "to-endpoint",
    "destination.namespace": "default",
    "destination.pod": "web-0",
    "flow.direction": "ingress",
  },
};
const POLICY: FlowEvent = {
  kind: "policy",
  verdict: "DENIED",
  summary: "",
  attributes: { "policy.match": "L3-L4", "policy.direction": "egress" },
};
const RECORD: FlowEvent = {
  kind: "l7",
  protocol: "http",
  verdict: "FORWARDED",
  summary: "",
  attributes: { "l7.protocol": "http", "http.code": 503, "http.method": "Get" },
};
const ping = (address: string): FlowEvent => ({
  kind: "trace",
  source: { kind: "ip", address, port: 0 },
  destination: { kind: "ip", address, port: 0 },
  protocol: "icmp",
  summary: "",
  attributes: { "source.labels": "reserved:host", "destination.labels": "reserved:host" },
});
const PINGS = { ping: ping("10.9.0.1"), ping6: ping("fe80::9") };
const EVENTS = { drop: DROP, trace: TRACE, policy: POLICY, record: RECORD };

/** The names of the events that the flags let through. */
function selected(flags: Partial<FlowFlags>): string {
  const filter = compileFilter(flowFilterOf({ ...NONE, ...flags })!);
  const events = flags.port !== undefined || flags.protocol !== undefined ? { ...EVENTS, ...PINGS } : EVENTS;
  return Object.entries(events)
    .filter(([, event]) => filter.matches("flow", event))
    .map(([name]) => name)
    .join(" ");
}

describe("Hubble's flags choose flows", () => {
  for (const [flags, wanted] of [
    [{ verdict: ["dropped"] }, "drop policy"],
    [{ verdict: ["FORWARDED"] }, "trace record"],
    [{ verdict: ["dropped,forwarded"] }, "drop trace policy record"],
    [{ verdict: ["audit", "redirected"] }, ""],
    [{ pod: ["shop/cart"] }, "drop"],
    [{ pod: ["shop/"] }, "drop"],
    [{ pod: ["cart"] }, ""],
    [{ pod: ["web"] }, "trace"],
    [{ fromPod: ["shop/cart-7"] }, "drop"],
    [{ toPod: ["shop/cart"] }, ""],
    [{ toPod: ["web-0", "shop/x"] }, "trace"],
    [{ namespace: ["shop"] }, "drop"],
    [{ namespace: ["shop,default"] }, "drop trace"],
    [{ label: ["app=cart"] }, "drop"],
    [{ label: ["k8s:app=cart"] }, "drop"],
    [{ label: ["any:app=cart"] }, "drop"],
    [{ label: ["reserved:app=cart"] }, ""],
    [{ label: ["app in (web, cart)"] }, "drop"],
    [{ label: ["app in (web,shop),io.kubernetes.pod.namespace"] }, ""],
    [{ label: ["app notin (web, cart)"] }, "drop trace policy record"],
    [{ label: ["app=car"] }, ""],
    [{ label: ["app"] }, "drop"],
    [{ label: ["app=cart,tier"] }, ""],
    [{ label: ["app=cart,!tier"] }, "drop"],
    // The other end has no such label, or there is none.
    [{ label: ["app!=cart"] }, "drop trace policy record"],
    [{ label: ["!app,io.kubernetes.pod.namespace"] }, ""],
    [{ label: ["tier", "app=cart"] }, "drop"],
    [{ ip: ["10.0.0.1"] }, "drop trace"],
    [{ ip: ["10.1.0.0/16"] }, "drop trace"],
    [{ ip: ["::ffff:10.0.0.1"] }, "drop trace"],
    [{ ip: ["fd00::/8"] }, ""],
    [{ port: ["443"] }, "drop trace"],
    [{ port: ["400-500"] }, "drop trace"],
    [{ port: ["80,8080"] }, ""],
    [{ port: ["0"] }, ""],
    [{ port: ["0-500"] }, "drop trace"],
    [{ protocol: ["TCP"] }, "drop"],
    [{ protocol: ["udp,http"] }, "trace record"],
    [{ protocol: ["icmpv4"] }, "ping"],
    [{ protocol: ["icmpv6"] }, "ping6"],
    [{ protocol: ["icmp,vrrp,igmp"] }, "ping ping6"],
    [{ identity: ["12345"] }, "drop"],
    [{ identity: ["world"] }, "drop"],
    [{ identity: ["reserved:world"] }, "drop"],
    [{ identity: ["host"] }, ""],
    [{ httpStatus: ["503"] }, "record"],
    [{ httpStatus: ["5+"] }, "record"],
    [{ httpStatus: ["50+", "404"] }, "record"],
    [{ httpStatus: ["4+"] }, ""],
    [{ httpMethod: ["gEt"] }, "record"],
    [{ httpMethod: ["PUT"] }, ""],
    [{ trafficDirection: ["ingress"] }, "trace"],
    [{ trafficDirection: ["EGRESS"] }, "policy"],
    [{ verdict: ["dropped"], port: ["443"] }, "drop"],
    // Flags for an end hold of the same one.
    [{ ip: ["10.0.0.1"], port: ["40000"] }, "drop trace"],
    [{ ip: ["10.0.0.1"], port: ["443"] }, ""],
    [{ label: ["app=cart"], identity: ["12345"], namespace: ["shop"] }, "drop"],
    [{ label: ["app=cart"], identity: ["2"] }, ""],
    [{ pod: ["cart"], namespace: ["shop"] }, "drop"],
    [{ pod: ["shop/cart", "web"], namespace: ["default"] }, "trace"],
    [{ fromPod: ["shop/cart"], port: ["443"] }, "drop"],
  ] as readonly (readonly [Partial<FlowFlags>, string])[])
    test(JSON.stringify(flags), () => assert.equal(selected(flags), wanted));

  test("a wrong value is refused, and the right one named", () => {
    for (const [flags, message, hint] of [
      [{ verdict: ["droped"] }, /^--verdict droped/, /did you mean dropped/],
      [{ ip: ["10.0.0"] }, /^--ip 10\.0\.0: /, /10\.0\.0\.0\/8/],
      [{ port: ["http"] }, /^--port http/, /8000-8010/],
      [{ protocol: ["quic"] }, /^--protocol quic/, /tcp, udp/],
      [{ identity: ["hots"] }, /^--identity hots/, /did you mean host\?/],
      [{ httpStatus: ["50"] }, /^--http-status 50/, /40\+/],
      [{ trafficDirection: ["in"] }, /^--traffic-direction in/, /ingress/],
      [{ label: ["a in b"] }, /^--label a in b: a in b is no label/, /key in \(a, b\)/],
      [{ label: ["a=b,,"] }, /^--label a=b,,: nothing is no label/, /key=value/],
    ] as readonly (readonly [Partial<FlowFlags>, RegExp, RegExp])[])
      assert.throws(
        () => flowFilterOf({ ...NONE, ...flags }),
        (error) => error instanceof TaplineError && message.test(error.message) && hint.test(error.hint ?? ""),
        JSON.stringify(flags),
      );
  });

  test("none of them is no filter", () => {
    assert.equal(flowFilterOf(NONE), undefined);
    assert.equal(asksForNames({ ...NONE, verdict: ["dropped"] }), false);
    assert.equal(asksForNames({ ...NONE, label: ["a"] }), true);
  });
});

describe("-t TYPE:SUBTYPE", () => {
  const shown = (...types: string[]): string => {
    const text = subtypeFilterOf(types.map(splitType));
    const filter = text === undefined ? undefined : compileFilter(text);
    return Object.entries(EVENTS)
      .filter(([, event]) => filter?.matches("flow", event) ?? true)
      .map(([name]) => name)
      .join(" ");
  };
  for (const [types, wanted] of [
    [["trace:to-endpoint"], "drop trace policy record"],
    [["trace:0"], "drop trace policy record"],
    [["trace:from-host"], "drop policy record"],
    [["trace:from-host", "trace"], "drop trace policy record"],
    [["trace:from-host", "trace:to-endpoint"], "drop trace policy record"],
    [["drop:133"], "drop trace policy record"],
    [["drop:policy-denied"], "drop trace policy record"],
    [["drop:POLICY_DENIED"], "drop trace policy record"],
    [["drop:Policy denied"], "drop trace policy record"],
    [["drop:132"], "trace policy record"],
    [["policy-verdict:l3-l4"], "drop trace policy record"],
    [["policy-verdict:none"], "drop trace record"],
    [["l7:dns"], "drop trace policy"],
  ] as const)
    test(types.join(), () => assert.equal(shown(...types), wanted));

  test("what there is not is refused", () => {
    for (const [type, hint] of [
      ["trace:to-endpont", /did you mean trace:to-endpoint/],
      ["drop:policy-denid", /did you mean drop:policy-denied/],
      ["debug:1", /trace, drop/],
    ] as const)
      assert.throws(
        () => subtypeFilterOf([splitType(type)]),
        (error) => error instanceof TaplineError && hint.test(error.hint ?? ""),
        type,
      );
  });
});
