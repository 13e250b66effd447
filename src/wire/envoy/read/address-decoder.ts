import type { ConnectionLayout } from "../format.ts";
import type { TraceAddress, TraceConnection } from "../trace.ts";
import type { ProtobufReader } from "./protobuf-reader.ts";

/** A `Connection` in any of its layouts. */
export interface DecodedConnection {
  readonly connection: TraceConnection;
  /** `new` unless the message shows otherwise; a capture's has the old one. */
  readonly layout: ConnectionLayout;
  /** The capture era's `id`; 0 when it is not there. */
  readonly id: bigint;
}

/**
 * Reads a `Connection` and tells its layout from its fields: a varint 1 is the capture era's id, a 3 only the older layout
 * has. The remote address is always set by Envoy, so that a lone 2 is the newer layout's remote.
 * @param assumed the layout where it is known beforehand: a capture's connection has the old one, id or not.
 */
export function decodeConnection(reader: ProtobufReader, assumed?: ConnectionLayout): DecodedConnection {
  let id = 0n;
  let layout = assumed ?? "new";
  let first: TraceAddress | undefined;
  let second: TraceAddress | undefined;
  let third: TraceAddress | undefined;
  const outer = reader.enter();
  for (let tag = reader.readTag(); tag !== 0; tag = reader.readTag()) {
    if (tag === 0x08) {
      id = reader.readVarint64();
      layout = "old";
    } else if (tag === 0x0a) first = decodeAddress(reader);
    else if (tag === 0x12) second = decodeAddress(reader);
    else if (tag === 0x1a) {
      third = decodeAddress(reader);
      layout = "old";
    } else reader.skip(tag);
  }
  reader.leave(outer);
  const [local, remote] = layout === "old" ? [second, third] : [first, second];
  return {
    id,
    layout,
    connection: {
      ...(local === undefined ? {} : { localAddress: local }),
      ...(remote === undefined ? {} : { remoteAddress: remote }),
    },
  };
}

function decodeAddress(reader: ProtobufReader): TraceAddress {
  let address: TraceAddress = { kind: "none" };
  const outer = reader.enter();
  for (let tag = reader.readTag(); tag !== 0; tag = reader.readTag()) {
    if (tag === 0x0a) address = decodeSocketAddress(reader);
    else if (tag === 0x12) address = decodePipe(reader);
    else if (tag === 0x1a) address = decodeInternalAddress(reader);
    else reader.skip(tag);
  }
  reader.leave(outer);
  return address;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function decodeSocketAddress(reader: ProtobufReader): TraceAddress {
  const address: Mutable<Extract<TraceAddress, { kind: "socket" }>> = { kind: "socket", address: "" };
  const outer = reader.enter();
  for (let tag = reader.readTag(); tag !== 0; tag = reader.readTag()) {
    if (tag === 0x12) address.address = reader.readString();
    else if (tag === 0x18) {
      address.portValue = reader.readVarint();
      delete address.namedPort;
    } else if (tag === 0x08) {
      if (reader.readVarint() === 1) address.protocol = "UDP";
    } else if (tag === 0x22) {
      address.namedPort = reader.readString();
      delete address.portValue;
    } else if (tag === 0x2a) address.resolverName = reader.readString();
    else if (tag === 0x30) address.ipv4Compat = reader.readBool();
    else if (tag === 0x3a) address.networkNamespaceFilepath = reader.readString();
    else reader.skip(tag);
  }
  reader.leave(outer);
  return address;
}

function decodePipe(reader: ProtobufReader): TraceAddress {
  const address: Mutable<Extract<TraceAddress, { kind: "pipe" }>> = { kind: "pipe", path: "" };
  const outer = reader.enter();
  for (let tag = reader.readTag(); tag !== 0; tag = reader.readTag()) {
    if (tag === 0x0a) address.path = reader.readString();
    else if (tag === 0x10) address.mode = reader.readVarint();
    else reader.skip(tag);
  }
  reader.leave(outer);
  return address;
}

function decodeInternalAddress(reader: ProtobufReader): TraceAddress {
  const address: Mutable<Extract<TraceAddress, { kind: "internal" }>> = { kind: "internal" };
  const outer = reader.enter();
  for (let tag = reader.readTag(); tag !== 0; tag = reader.readTag()) {
    if (tag === 0x0a) address.serverListenerName = reader.readString();
    else if (tag === 0x12) address.endpointId = reader.readString();
    else reader.skip(tag);
  }
  reader.leave(outer);
  return address;
}
