import type { Random } from "./random.ts";

/**
 * Flows as Hubble's exporter writes them, drawn: of every kind of event, with members left out, and names, labels, addresses and
 * ports few enough for filters to meet them. Each has a `uuid` of its own.
 */
export function drawHubbleFlows(random: Random, count: number): object[] {
  return Array.from({ length: count }, (_, index) => {
    const flow = { ...drawFlow(random), uuid: `flow-${index}` };
    // From noon on, seconds apart, and now and then at the same time; none on a whole second.
    const time = new Date(Date.UTC(2026, 0, 31, 12) + Math.floor(index * 0.7) * 3000 + 250).toISOString();
    return { flow: { ...flow, time }, node_name: "node-1", time };
  });
}

function drawFlow(random: Random): object {
  const six = random.below(100) < 30;
  const address = () => random.pick(six ? ADDRESSES.six : ADDRESSES.four);
  return {
    ...maybe(random, 95, "verdict", () => random.pick(VERDICTS)),
    IP: { source: address(), destination: address(), ipVersion: six ? "IPv6" : "IPv4" },
    ...maybe(random, 90, "l4", () => drawTransport(random, six)),
    ...maybe(random, 90, "source", () => drawEnd(random)),
    ...maybe(random, 90, "destination", () => drawEnd(random)),
    ...maybe(random, 80, "traffic_direction", () => random.pick(["INGRESS", "EGRESS", "TRAFFIC_DIRECTION_UNKNOWN"])),
    ...drawEvent(random),
  };
}

function drawEnd(random: Random): object {
  // A key is there once.
  const labels = new Map(LABELS.filter(() => random.below(100) < 20).map((label) => [label.split(/[:=]/)[1], label]));
  return {
    ...maybe(random, 70, "ID", () => random.below(5000)),
    ...maybe(random, 70, "identity", () => random.pick([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 100, 12345, 16777217])),
    ...maybe(random, 80, "namespace", () => random.pick(["default", "shop", "kube-system", "shop-2", ""])),
    ...maybe(random, 70, "labels", () => [...labels.values()]),
    ...maybe(random, 80, "pod_name", () => random.pick(["cart-7d9f", "cart", "cartographer", "web-0", "db-1", ""])),
  };
}

function drawTransport(random: Random, six: boolean): object {
  const port = () => random.pick([0, 53, 80, 443, 8080, 8081, 65535, random.below(65536)]);
  const ports = { source_port: port(), destination_port: port() };
  return random.pick([
    { TCP: { ...ports, flags: { SYN: true } } },
    { TCP: ports },
    { UDP: ports },
    { SCTP: ports },
    six ? { ICMPv6: { type: 128 } } : { ICMPv4: { type: 8 } },
    { VRRP: { type: 1, vrid: 3, priority: 100 } },
    { IGMP: { type: 17, group_address: "224.0.0.1" } },
  ]);
}

function drawEvent(random: Random): object {
  switch (random.below(8)) {
    case 0:
    case 1: {
      const point = random.below(POINTS.length);
      const name = maybe(random, 90, "trace_observation_point", () => POINTS[point]);
      return { Type: "L3_L4", event_type: { type: 4, sub_type: point }, ...name };
    }
    case 2: {
      const [code, name] = random.pick([
        [130, "INVALID_SOURCE_MAC"],
        [133, "POLICY_DENIED"],
        [151, "STALE_OR_UNROUTABLE_IP"],
      ] as const);
      const drop = { drop_reason: code, drop_reason_desc: name, verdict: "DROPPED" };
      return { Type: "L3_L4", event_type: { type: 1, sub_type: code }, ...drop };
    }
    case 3:
      return { Type: "L3_L4", event_type: { type: 5 }, policy_match_type: random.below(6) };
    case 4:
      return { Type: "L3_L4", event_type: { type: 3, sub_type: random.below(12) } };
    case 5:
      return { Type: "SOCK", event_type: { type: 7, sub_type: random.below(4) } };
    default:
      return { Type: "L7", event_type: { type: 129 }, l7: { type: "REQUEST", ...drawRecord(random) } };
  }
}

function drawRecord(random: Random): object {
  const http = {
    ...maybe(random, 70, "code", () => random.pick([200, 201, 301, 404, 500, 503, 599, 0])),
    ...maybe(random, 90, "method", () => random.pick(["GET", "POST", "get", "Put", "DELETE"])),
    url: "http://cart/a",
  };
  return random.pick([
    { http },
    { http },
    { dns: { query: "a.example.", rcode: 3 } },
    { kafka: { api_key: "fetch", topic: "t" } },
    {},
  ]);
}

function maybe(random: Random, percent: number, name: string, value: () => unknown): object {
  return random.below(100) < percent ? { [name]: value() } : {};
}

const VERDICTS = ["FORWARDED", "DROPPED", "ERROR", "AUDIT", "REDIRECTED", "TRACED", "TRANSLATED", "VERDICT_UNKNOWN"];

const ADDRESSES = {
  four: ["10.0.0.1", "10.0.0.2", "10.0.1.7", "10.255.0.1", "192.168.1.1"],
  six: ["fd00::1", "fd00::2", "2001:db8::1", "::1", "fe80::1"],
};

const LABELS =
  "k8s:app=cart k8s:app=web any:app=cart k8s:tier=backend k8s:tier=front reserved:world reserved:host k8s:org.x/name=a.b k8s:empty= cidr:10.0.0.0/8".split(
    " ",
  );

/** By the number of the datapath. A Hubble before v1.20 has no names for the last two. */
const POINTS: readonly (string | number)[] = [
  "TO_ENDPOINT",
  "TO_PROXY",
  "TO_HOST",
  "TO_STACK",
  "TO_OVERLAY",
  "FROM_ENDPOINT",
  "FROM_PROXY",
  "FROM_HOST",
  "FROM_STACK",
  "FROM_OVERLAY",
  "FROM_NETWORK",
  "TO_NETWORK",
  12,
  13,
];
