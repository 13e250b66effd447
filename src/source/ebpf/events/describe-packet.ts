import { type Connection, type FlowEvent, formatEndpoint, type Timestamp } from "../../../model/index.ts";
import type { Loss } from "../loader/kernel-connections.ts";

/** A packet of a connection that was sent again, or dropped for `reason`. */
export function describePacket(
  { id, local, remote, process, transport }: Connection,
  time: Timestamp,
  isIn: boolean,
  reason: string | undefined,
  size: number,
): FlowEvent {
  const [source, destination] = isIn ? [remote, local] : [local, remote];
  const what = reason === undefined ? "retransmitted" : `dropped (${reason})`;
  return {
    kind: reason === undefined ? "retransmit" : "drop",
    time,
    protocol: transport,
    summary: `${what}, ${size} bytes, connection ${id}, ${process?.command ?? "?"} ${process?.pid ?? ""}`,
    attributes: { connection: Number(id), size, ...(process !== undefined && { pid: process.pid }) },
    ...(source !== undefined && { source }),
    ...(destination !== undefined && { destination }),
    ...(reason !== undefined && { reason }),
  };
}

/** Records of one connection that the kernel's ring had no room for. */
export function describeLoss(
  { id, local, remote, process, transport }: Connection,
  { records, bytes }: Loss,
  time: Timestamp | undefined,
): FlowEvent {
  const ends = `${formatEndpoint(local)} and ${formatEndpoint(remote)}`;
  return {
    kind: "lost",
    ...(time !== undefined && { time }),
    protocol: transport,
    summary: `no room in the ring for ${records} records (${bytes} bytes) of connection ${id} between ${ends}, ${process?.command ?? "?"} ${process?.pid ?? ""}`,
    attributes: {
      connection: Number(id),
      size: bytes,
      "lost.events": records,
      ...(process !== undefined && { pid: process.pid }),
    },
    ...(local !== undefined && { source: local }),
    ...(remote !== undefined && { destination: remote }),
  };
}
