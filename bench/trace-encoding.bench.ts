/** Encoding a streamed trace's segments: our encoder against protobuf-es, messages made anew for each as a tap does. */
import { create, toBinary } from "@bufbuild/protobuf";
import { TraceWrapperSchema } from "../src/wire/envoy/gen/envoy/data/tap/v3/trace_pb.js";
import { encodeTrace, type TraceFormat, type TraceWrapper } from "../src/wire/envoy/index.ts";
import { median } from "./support/process-usage.ts";

const ROUNDS = 5;
const COUNT = 50_000;

for (const size of [64, 1024, 16_384]) {
  const data = new Uint8Array(size).fill(0x61);
  const ours = (format: TraceFormat) => time((index) => encodeTrace(makeWrapper(index, data), format).length);
  const binary = ours("PROTO_BINARY");
  const library = time((index) => toBinary(TraceWrapperSchema, makeMessage(index, data)).length);
  console.log(
    `events of ${size} bytes: binary ${rate(binary)}, protobuf-es ${rate(library)}: ${(library / binary).toFixed(1)} times as fast; text ${rate(ours("PROTO_TEXT"))}, JSON ${rate(ours("JSON_BODY_AS_BYTES"))}`,
  );
}

/** Microseconds of CPU a message. */
function time(encode: (index: number) => number): number {
  let total = 0;
  const rounds = Array.from({ length: ROUNDS }, () => {
    const { user, system } = process.cpuUsage();
    for (let index = 0; index < COUNT; index++) total += encode(index);
    const used = process.cpuUsage({ user, system });
    return (used.user + used.system) / COUNT;
  });
  if (total === 0) throw new Error("nothing was encoded");
  return median(rounds);
}

function rate(micros: number): string {
  return `${micros.toFixed(2)} µs`;
}

function makeWrapper(index: number, asBytes: Uint8Array): TraceWrapper {
  return {
    trace: {
      kind: "socket-streamed",
      traceId: 5n,
      piece: {
        kind: "event",
        event: {
          kind: "read",
          timestamp: { seconds: 1_700_000_000, nanos: index * 1000 },
          data: { asBytes, truncated: false },
          seqNum: BigInt(index),
        },
      },
    },
  };
}

function makeMessage(index: number, value: Uint8Array) {
  return create(TraceWrapperSchema, {
    trace: {
      case: "socketStreamedTraceSegment",
      value: {
        traceId: 5n,
        messagePiece: {
          case: "event",
          value: {
            timestamp: { seconds: 1_700_000_000n, nanos: index * 1000 },
            eventSelector: {
              case: "read",
              value: { data: { bodyType: { case: "asBytes", value }, truncated: false } },
            },
            seqNum: BigInt(index),
          },
        },
      },
    },
  });
}
