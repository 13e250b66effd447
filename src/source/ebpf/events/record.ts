/**
 * A record of the kernel's ring: struct header of bpf/events.h, little-endian, followed by `captured` bytes. A test holds the two
 * together by what the programs' own type information says.
 */
export const HEADER_BYTES = 64;

/** Offsets of the fields. */
export const FIELD = {
  time: 0,
  started: 8,
  conn: 16,
  offset: 24,
  pid: 32,
  tid: 36,
  size: 40,
  captured: 44,
  fd: 48,
  type: 52,
  direction: 53,
  syscall: 54,
  flags: 55,
  aux: 56,
} as const;

/** Fields that follow the header in a record of a connection. */
export const CONNECTION_FIELD = {
  socket: 64,
  rx: 72,
  tx: 80,
  family: 88,
  protocol: 90,
  localPort: 92,
  remotePort: 94,
  local: 96,
  remote: 112,
  role: 128,
  state: 129,
} as const;

/** The address before the bytes of a datagram: family, port, 16 bytes. */
export const PEER_BYTES = 20;

export const RECORD = {
  connection: 1,
  data: 2,
  close: 3,
  process: 4,
  exec: 5,
  exit: 6,
  mapped: 7,
  shutdown: 8,
  tlsData: 9,
  tlsLink: 10,
  ioUring: 11,
  retransmit: 12,
  drop: 13,
  path: 14,
} as const;

export const FLAG = {
  peer: 1,
  sendfile: 2,
  fault: 4,
  stillOpen: 8,
  reset: 16,
  late: 32,
  inTls: 64,
  datagram: 128,
  /** In TLS plaintext without a connection: another analyzer shows it, if it never gets one. */
  copy: 2,
} as const;

export const FAMILY = { inet: 2, inet6: 10 } as const;
export const UDP = 17;

/** Unsigned 64 bits; exact up to 2^53. */
export function readU64(view: DataView, at: number): number {
  return view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);
}
