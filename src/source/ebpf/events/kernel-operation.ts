import type { Connection } from "../../../model/index.ts";
import type { PathSums } from "./path-sums.ts";
import { FIELD, readU64 } from "./record.ts";

/** One call of the system on a connection. Times are nanoseconds of CLOCK_MONOTONIC; `started` equals `ended` where it was not measured. */
export interface KernelOperation {
  readonly connection: Connection;
  readonly pid: number;
  readonly thread: number;
  readonly kind: "connect" | "accept" | "close" | "read" | "write";
  readonly started: number;
  readonly ended: number;
  /** The number of the call in bpf/syscall_numbers.h. */
  readonly call: number;
  /** Bytes that moved: grows while the pieces of one call are told. */
  size: number;
  /** Packets of the connection that were sent again, or dropped, since: the latter by reason. */
  retransmits: number;
  drops?: Map<string, number>;
  /** The packets of a read or write, and their time in each layer, where that is measured. */
  path?: PathSums;
}

/** A connection with the last calls on it. */
export interface OperatedConnection {
  readonly connection: Connection;
  operation: KernelOperation | undefined;
  lastRead: KernelOperation | undefined;
  lastWrite: KernelOperation | undefined;
}

/** The operation that a record tells of; undefined where it goes on with the connection's last: the pieces of one call are one. */
export function noteOperation(
  live: OperatedConnection,
  view: DataView,
  at: number,
  kind: KernelOperation["kind"],
  size: number,
): KernelOperation | undefined {
  const ended = readU64(view, at + FIELD.time);
  const thread = view.getUint32(at + FIELD.tid, true);
  const last = live.operation;
  if (last?.ended === ended && last.thread === thread && last.kind === kind) {
    last.size += size;
    return undefined;
  }
  const started = readU64(view, at + FIELD.started) || ended;
  const call = view.getUint8(at + FIELD.syscall);
  const pid = view.getUint32(at + FIELD.pid, true);
  live.operation = { connection: live.connection, pid, thread, kind, started, ended, call, size, retransmits: 0 };
  if (kind === "write") live.lastWrite = live.operation;
  else if (kind === "read") live.lastRead = live.operation;
  return live.operation;
}

/** The calls that are told apart: enum call of bpf/syscall_numbers.h. */
export const CALL = {
  connect: 1,
  accept: 2,
  close: 3,
  read: 8,
  readv: 9,
  recvfrom: 10,
  recvmsg: 11,
  recvmmsg: 12,
  splice: 13,
  write: 14,
  writev: 15,
  sendto: 16,
  sendmsg: 17,
  sendmmsg: 18,
  sendfile: 19,
} as const;
