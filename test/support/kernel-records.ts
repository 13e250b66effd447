import { CONNECTION_FIELD, FIELD, HEADER_BYTES, PEER_BYTES, RECORD } from "../../src/source/ebpf/events/record.ts";

/** A record as the kernel's programs write it; what is not given is 0. */
export interface RecordFields {
  readonly type: keyof typeof RECORD;
  readonly time?: number;
  readonly conn?: number;
  readonly offset?: number;
  readonly pid?: number;
  /** By default the process's first thread. */
  readonly tid?: number;
  readonly fd?: number;
  readonly direction?: "read" | "write";
  readonly flags?: number;
  readonly aux?: number;
  readonly data?: string | Uint8Array;
  /** By default as many as `data` has. */
  readonly size?: number;
  readonly peer?: readonly [address: readonly number[], port: number];
  readonly command?: string;
  readonly connection?: {
    readonly socket?: number;
    readonly rx?: number;
    readonly tx?: number;
    readonly udp?: true;
    readonly local?: readonly [address: readonly number[], port: number];
    readonly remote?: readonly [address: readonly number[], port: number];
    readonly role?: 0 | 1 | 2;
  };
}

export function makeRecord(fields: RecordFields): Uint8Array {
  const data = typeof fields.data === "string" ? Buffer.from(fields.data) : (fields.data ?? new Uint8Array(0));
  const before =
    fields.connection !== undefined ? CONNECTION_FIELD.state + 7 - HEADER_BYTES : fields.peer ? PEER_BYTES : 0;
  const bytes = new Uint8Array(HEADER_BYTES + before + data.length);
  const view = new DataView(bytes.buffer);
  const u64 = (at: number, value: number): void => view.setBigUint64(at, BigInt(value), true);
  u64(FIELD.time, fields.time ?? 0);
  if (fields.command !== undefined) bytes.set(Buffer.from(fields.command).subarray(0, 15), FIELD.started);
  else u64(FIELD.conn, fields.conn ?? 0);
  u64(FIELD.offset, fields.offset ?? 0);
  u64(FIELD.aux, fields.aux ?? 0);
  view.setUint32(FIELD.pid, fields.pid ?? 7, true);
  view.setUint32(FIELD.tid, fields.tid ?? fields.pid ?? 7, true);
  view.setInt32(FIELD.fd, fields.fd ?? 0, true);
  view.setUint32(FIELD.size, fields.size ?? data.length, true);
  view.setUint32(FIELD.captured, data.length, true);
  view.setUint8(FIELD.type, RECORD[fields.type]);
  view.setUint8(FIELD.direction, fields.direction === "write" ? 1 : 0);
  view.setUint8(FIELD.flags, fields.flags ?? 0);
  if (fields.peer !== undefined) {
    const [address, port] = fields.peer;
    view.setUint16(HEADER_BYTES, address.length === 4 ? 2 : 10, true);
    view.setUint16(HEADER_BYTES + 2, port, true);
    bytes.set(address, HEADER_BYTES + 4);
  }
  bytes.set(data, HEADER_BYTES + before);
  if (fields.connection !== undefined) {
    const {
      socket = 1,
      rx = 0,
      tx = 0,
      udp,
      local = [[127, 0, 0, 1], 1000],
      remote = [[127, 0, 0, 1], 80],
      role = 1,
    } = fields.connection;
    u64(CONNECTION_FIELD.socket, socket);
    u64(CONNECTION_FIELD.rx, rx);
    u64(CONNECTION_FIELD.tx, tx);
    view.setUint16(CONNECTION_FIELD.family, local[0].length === 4 ? 2 : 10, true);
    view.setUint16(CONNECTION_FIELD.protocol, udp === true ? 17 : 6, true);
    view.setUint16(CONNECTION_FIELD.localPort, local[1], true);
    view.setUint16(CONNECTION_FIELD.remotePort, remote[1], true);
    bytes.set(local[0], CONNECTION_FIELD.local);
    bytes.set(remote[0], CONNECTION_FIELD.remote);
    view.setUint8(CONNECTION_FIELD.role, role);
  }
  return bytes;
}
