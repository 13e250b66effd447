import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fromBinary } from "@bufbuild/protobuf";
import { sizeDelimitedDecodeStream } from "@bufbuild/protobuf/wire";
import { type Trace, TraceSchema } from "../../src/wire/envoy/gen/envoy/data/tap/v2alpha/trace_pb.js";
import { type TraceWrapper, TraceWrapperSchema } from "../../src/wire/envoy/gen/envoy/data/tap/v3/trace_pb.js";

/** The names of the finished traces in a folder, the oldest id first. */
export function listTraces(folder: string, extension: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(extension))
    .sort((left, right) => Number(idOf(left) - idOf(right)));
}

/** The id in a trace's file name. */
export function idOf(name: string): bigint {
  return BigInt(/_(\d+)\./.exec(name)![1]!);
}

/** Reads a trace with the protobuf library, which knows nothing of our encoders. */
export function readBinaryTrace(folder: string, name: string): TraceWrapper {
  return fromBinary(TraceWrapperSchema, readFileSync(join(folder, name)));
}

export function readCapture(folder: string, name: string): Trace {
  return fromBinary(TraceSchema, readFileSync(join(folder, name)));
}

export async function readDelimitedTraces(folder: string, name: string): Promise<TraceWrapper[]> {
  const bytes = readFileSync(join(folder, name));
  const wrappers: TraceWrapper[] = [];
  async function* chunks() {
    yield bytes;
  }
  for await (const wrapper of sizeDelimitedDecodeStream(TraceWrapperSchema, chunks())) wrappers.push(wrapper);
  return wrappers;
}
