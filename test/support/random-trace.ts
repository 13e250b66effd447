import type { Timestamp } from "../../src/model/index.ts";
import type {
  CaptureTrace,
  HeaderValue,
  HttpTraceMessage,
  TraceAddress,
  TraceBody,
  TraceConnection,
  TraceEvent,
  TraceWrapper,
} from "../../src/wire/envoy/index.ts";
import type { Random } from "./random.ts";

/** A TraceWrapper of any kind with any of its fields, as Envoy could have recorded it. */
export function randomTraceWrapper(random: Random): TraceWrapper {
  const trace = random.pick([randomSocketBuffered, randomSocketStreamed, randomHttpBuffered, randomHttpStreamed])(
    random,
  );
  return random.chance(4)
    ? {
        trace,
        configuredSampleRate: {
          numerator: random.below(101),
          denominator: random.pick(["HUNDRED", "TEN_THOUSAND", "MILLION"] as const),
        },
      }
    : { trace };
}

export function randomCaptureTrace(random: Random): CaptureTrace {
  return {
    id: randomId(random),
    connection: randomConnection(random),
    events: random.list(4, () => {
      const kind = random.pick(["read", "write", "unknown"] as const);
      return {
        kind,
        ...maybe(random, "timestamp", () => randomTime(random)),
        data: kind === "unknown" ? new Uint8Array(0) : random.bytes(200),
        ...(kind === "write" ? { endStream: random.chance(2) } : {}),
      };
    }),
  };
}

function randomSocketBuffered(random: Random): TraceWrapper["trace"] {
  return {
    kind: "socket-buffered",
    traceId: randomId(random),
    ...maybe(random, "connection", () => randomConnection(random)),
    events: random.list(5, () => randomEvent(random)),
    readTruncated: random.chance(2),
    writeTruncated: random.chance(2),
  };
}

function randomSocketStreamed(random: Random): TraceWrapper["trace"] {
  return {
    kind: "socket-streamed",
    traceId: randomId(random),
    ...maybe(random, "piece", () =>
      random.pick([
        () => ({ kind: "connection" as const, connection: randomConnection(random) }),
        () => ({ kind: "event" as const, event: randomEvent(random) }),
        () => ({ kind: "events" as const, events: random.list(3, () => randomEvent(random)) }),
      ])(),
    ),
  };
}

function randomHttpBuffered(random: Random): TraceWrapper["trace"] {
  return {
    kind: "http-buffered",
    ...maybe(random, "request", () => randomMessage(random)),
    ...maybe(random, "response", () => randomMessage(random)),
    ...maybe(random, "downstreamConnection", () => randomConnection(random)),
    ...maybe(random, "upstreamConnection", () => randomConnection(random)),
  };
}

function randomHttpStreamed(random: Random): TraceWrapper["trace"] {
  return {
    kind: "http-streamed",
    traceId: randomId(random),
    ...maybe(random, "piece", () =>
      random.chance(3)
        ? {
            kind: random.pick(["request-body-chunk", "response-body-chunk"] as const),
            body: randomBody(random),
          }
        : {
            kind: random.pick([
              "request-headers",
              "request-trailers",
              "response-headers",
              "response-trailers",
            ] as const),
            headers: random.list(4, () => randomHeader(random)),
          },
    ),
  };
}

function randomMessage(random: Random): HttpTraceMessage {
  return {
    headers: random.list(5, () => randomHeader(random)),
    ...maybe(random, "body", () => randomBody(random)),
    trailers: random.list(2, () => randomHeader(random)),
    ...maybe(random, "headersReceivedTime", () => randomTime(random)),
  };
}

function randomHeader(random: Random): HeaderValue {
  return {
    key: random.text(12),
    value: random.text(30),
    ...(random.chance(4) ? { rawValue: Uint8Array.of(1, ...random.bytes(6)) } : {}),
  };
}

function randomEvent(random: Random): TraceEvent {
  const kind = random.pick(["read", "write", "closed", "unknown"] as const);
  const moved = kind === "read" || kind === "write";
  return {
    kind,
    ...maybe(random, "timestamp", () => randomTime(random)),
    ...(moved ? maybe(random, "data", () => randomBody(random)) : {}),
    ...(kind === "write" && random.chance(2) ? { endStream: true } : {}),
    ...(random.chance(4) ? { connection: randomConnection(random) } : {}),
    ...(random.chance(2) ? { seqNum: 1n + BigInt(random.below(2 ** 40)) } : {}),
  };
}

function randomBody(random: Random): TraceBody {
  const truncated = random.chance(2);
  if (random.chance(8)) return { truncated };
  return random.chance(3)
    ? { asString: random.text(60), truncated }
    : { asBytes: random.bytes(random.chance(4) ? 40_000 : 60), truncated };
}

function randomConnection(random: Random): TraceConnection {
  return {
    ...maybe(random, "localAddress", () => randomAddress(random)),
    remoteAddress: randomAddress(random),
  };
}

function randomAddress(random: Random): TraceAddress {
  switch (random.below(6)) {
    case 0:
      return {
        kind: "pipe",
        path: `/${random.text(20)}`,
        ...(random.chance(2) ? { mode: 1 + random.below(511) } : {}),
      };
    case 1:
      return { kind: "internal", serverListenerName: random.text(8), endpointId: `x${random.text(4)}` };
    case 2:
      return { kind: "none" };
    default:
      return {
        kind: "socket",
        ...(random.chance(5) ? { protocol: "UDP" as const } : {}),
        address: random.pick(["127.0.0.1", "10.0.0.3", "::1", "fe80::1", ""]),
        ...(random.chance(8) ? { namedPort: random.text(5) } : { portValue: random.below(65536) }),
        ...(random.chance(8) ? { resolverName: "r" } : {}),
        ...(random.chance(8) ? { ipv4Compat: true } : {}),
        ...(random.chance(8) ? { networkNamespaceFilepath: "/var/run/netns/a" } : {}),
      };
  }
}

function randomTime(random: Random): Timestamp {
  const seconds = random.chance(8) ? 0 : random.chance(8) ? -random.below(2 ** 31) : random.below(2 ** 32);
  return { seconds, nanos: random.chance(3) ? 0 : random.below(1_000_000) * (random.chance(2) ? 1000 : 1) };
}

function randomId(random: Random): bigint {
  if (random.chance(4)) return 0n;
  return random.chance(2)
    ? BigInt(random.below(2 ** 20))
    : (BigInt(random.below(2 ** 32)) << 32n) | BigInt(random.below(2 ** 32));
}

function maybe<K extends string, V>(random: Random, key: K, make: () => V): { [P in K]?: V } {
  return random.chance(5) ? {} : ({ [key]: make() } as { [P in K]: V });
}
