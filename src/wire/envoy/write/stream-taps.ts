import type { ConnectionLayout } from "../format.ts";
import type { TraceWrapper } from "../trace.ts";
import { writeTraceWrapper } from "./binary-encoder.ts";
import { ProtobufWriter } from "./protobuf-writer.ts";

/** Who sends a stream of taps: `StreamTapsRequest.Identifier` (its node as far as its id and cluster). */
export interface TapIdentifier {
  readonly nodeId: string;
  readonly cluster: string;
  readonly tapId: string;
}

/**
 * A StreamTapsRequest of `envoy.service.tap.v3` (v2alpha's is the same) without its identifier: `trace_id = 2`, `trace = 3`.
 * @param layout how `Connection` is laid out; v2alpha has the old one
 */
export function encodeStreamTapsRequest(traceId: bigint, trace: TraceWrapper, layout: ConnectionLayout): Uint8Array {
  const end = writer.written;
  writeTraceWrapper(writer, trace, layout);
  writer.endMessage(end, TRACE);
  writer.writeVarint64(traceId);
  writer.writeVarint(TRACE_ID);
  return writer.take();
}

/**
 * The identifier alone, which a stream's first message begins with: the encodings of a message's parts, one after the
 * other, are the encoding of the message.
 */
export function encodeTapIdentifier({ nodeId, cluster, tapId }: TapIdentifier): Uint8Array {
  const end = writer.written;
  writer.writeString(TAP_ID, tapId);
  const node = writer.written;
  writer.writeString(NODE_CLUSTER, cluster);
  writer.writeString(NODE_ID, nodeId);
  writer.endMessage(node, NODE);
  writer.endMessage(end, IDENTIFIER);
  return writer.take();
}

const writer = new ProtobufWriter();

// Field numbers with wire type 2, or 0 for TRACE_ID.
const IDENTIFIER = (1 << 3) | 2;
const TRACE_ID = 2 << 3;
const TRACE = (3 << 3) | 2;
const NODE = (1 << 3) | 2;
const TAP_ID = (2 << 3) | 2;
const NODE_ID = (1 << 3) | 2;
const NODE_CLUSTER = (2 << 3) | 2;
