import type { Connection, IpEndpoint } from "../../../model/index.ts";
import { readEndpoint } from "./address.ts";
import { CONNECTION_FIELD, FIELD, FLAG, readU64, UDP } from "./record.ts";

/** A socket that was opened, or that was found open. */
export interface ConnectionRecord {
  readonly id: number;
  /** The kernel's number of the socket, which several processes may have. */
  readonly socket: number;
  readonly pid: number;
  readonly fd: number;
  readonly isUdp: boolean;
  /** It was open before it was watched. */
  readonly isLate: boolean;
  readonly role: Connection["role"];
  readonly local: IpEndpoint;
  readonly remote: IpEndpoint;
  /** Bytes that passed before. */
  readonly received: number;
  readonly sent: number;
  /** When the call began that opened it, by the kernel's clock; 0 where that is not known. */
  readonly started: number;
}

export function readConnectionRecord(view: DataView, bytes: Uint8Array, at: number): ConnectionRecord {
  const family = view.getUint16(at + CONNECTION_FIELD.family, true);
  const endpoint = (address: number, port: number) =>
    readEndpoint(bytes, at + address, family, view.getUint16(at + port, true));
  return {
    id: readU64(view, at + FIELD.conn),
    socket: readU64(view, at + CONNECTION_FIELD.socket),
    pid: view.getUint32(at + FIELD.pid, true),
    fd: view.getInt32(at + FIELD.fd, true),
    isUdp: view.getUint16(at + CONNECTION_FIELD.protocol, true) === UDP,
    isLate: (view.getUint8(at + FIELD.flags) & FLAG.late) !== 0,
    role: ROLES[view.getUint8(at + CONNECTION_FIELD.role)] ?? "unknown",
    local: endpoint(CONNECTION_FIELD.local, CONNECTION_FIELD.localPort),
    remote: endpoint(CONNECTION_FIELD.remote, CONNECTION_FIELD.remotePort),
    received: readU64(view, at + CONNECTION_FIELD.rx),
    sent: readU64(view, at + CONNECTION_FIELD.tx),
    started: readU64(view, at + FIELD.started),
  };
}

/** A descriptor of a process. */
export interface Descriptor {
  readonly pid: number;
  readonly fd: number;
}

/** Whether a connection has these ends. */
export function hasEnds(connection: Connection, { local, remote }: ConnectionRecord): boolean {
  const { local: one, remote: other } = connection;
  return (
    one?.kind === "ip" &&
    other?.kind === "ip" &&
    one.port === local.port &&
    other.port === remote.port &&
    other.address === remote.address
  );
}

const ROLES: readonly (Connection["role"] | undefined)[] = ["unknown", "client", "server"];
