import type { Connection, FlowEvent, Timestamp } from "../../../model/index.ts";

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
