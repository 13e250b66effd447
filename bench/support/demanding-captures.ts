import { TcpFlag, TcpFrameBuilder } from "../../src/wire/packet/index.ts";
import { CapturedConnection, type CaptureFile, createConnection } from "./capture-file.ts";
import { buildResponse, lines, REQUEST } from "./http1-capture.ts";

/** Captures that ask for much memory: each writes about so many bytes, and never closes a connection it can leave open. */
export const DEMANDING_CAPTURES: Readonly<Record<string, (file: CaptureFile, size: number) => void>> = {
  "ordinary HTTP/1, 2000 connections at once": (file, size) =>
    takeTurns(file, size, 2000, (connection) => {
      connection.request(REQUEST);
      connection.response(SMALL_RESPONSE);
    }),
  "one connection that never ends": (file, size) =>
    takeTurns(file, size, 1, (connection) => {
      connection.request(REQUEST);
      connection.response(SMALL_RESPONSE);
    }),
  "one body that is as long": (file, size) => {
    const connection = new CapturedConnection(file, 0);
    connection.request(REQUEST);
    connection.response(lines("HTTP/1.1 200 OK", `Content-Length: ${2 * size}`));
    while (file.size < size) connection.response(PIECE);
  },
  "unfinished bodies on 8000 connections": (file, size) =>
    takeTurns(file, size, 8000, (connection, turn) => {
      if (turn === 0) connection.request(REQUEST);
      connection.response(turn === 0 ? lines("HTTP/1.1 200 OK", "Content-Length: 100000000") : PIECE);
    }),
  "unfinished heads on as many connections as there are": (file, size) =>
    openManyConnections(file, size, (connection) => {
      connection.request(Buffer.concat([REQUEST.subarray(0, -2), Buffer.from(`X-Long: ${"x".repeat(12_000)}`)]));
    }),
  "requests that nobody answers": (file, size) =>
    takeTurns(file, size, 500, (connection) => {
      connection.request(REQUEST);
    }),
  "a flood of SYNs": (file, size) => {
    for (let i = 0; file.size < size; i++) sendOne(file, i, TcpFlag.SYN, NOTHING);
  },
  "a flood of connections of one packet": (file, size) => {
    for (let i = 0; file.size < size; i++) sendOne(file, i, TcpFlag.ACK, REQUEST);
  },
  "a flood of connections of a few bytes": (file, size) => {
    for (let i = 0; file.size < size; i++) sendOne(file, i, TcpFlag.ACK, REQUEST.subarray(0, 9));
  },
  "a flood of connections of bytes that are no HTTP": (file, size) => {
    for (let i = 0; file.size < size; i++) sendOne(file, i, TcpFlag.ACK, BINARY);
  },
  "connections that are left open after one exchange": (file, size) =>
    openManyConnections(file, size, (connection) => {
      connection.request(REQUEST);
      connection.response(SMALL_RESPONSE);
    }),
  "holes everywhere": (file, size) =>
    takeTurns(file, size, 8000, (connection) => {
      connection.request(REQUEST);
      connection.lose("write", 100);
      connection.response(SMALL_RESPONSE);
      connection.lose("read", 100);
    }),
  "half-open HTTP/2 connections": (file, size) =>
    openManyConnections(file, size, (connection) => {
      connection.request(HTTP2_OPENING);
      for (let stream = 1; stream < 20; stream += 2) connection.request(http2Request(stream));
    }),
  "HTTP/2 connections of endless streams": (file, size) =>
    takeTurns(file, size, 200, (connection, turn) => {
      if (turn === 0) connection.request(HTTP2_OPENING);
      connection.request(http2Request(2 * turn + 1));
    }),
  "TLS without its secrets": (file, size) =>
    takeTurns(file, size, 2000, (connection, turn) => {
      if (turn === 0) connection.request(CLIENT_HELLO);
      connection.request(TLS_RECORD);
    }),
};

const NOTHING = new Uint8Array(0);
const PIECE = Buffer.alloc(1400, "piece of a body ");
const BINARY = Buffer.alloc(600, 0x9b);
const SMALL_RESPONSE = buildResponse(512);

/** So many connections, each of which goes on when it is its turn. */
function takeTurns(
  file: CaptureFile,
  size: number,
  count: number,
  goOn: (connection: CapturedConnection, turn: number) => void,
): void {
  const connections = Array.from({ length: count }, (_, i) => new CapturedConnection(file, i));
  for (let turn = 0; file.size < size; turn++) for (const connection of connections) goOn(connection, turn);
}

function openManyConnections(file: CaptureFile, size: number, use: (connection: CapturedConnection) => void): void {
  for (let i = 0; file.size < size; i++) use(new CapturedConnection(file, i));
}

/** One packet of a connection of its own. */
function sendOne(file: CaptureFile, number: number, flags: number, payload: Uint8Array): void {
  const { remote, local } = createConnection(number);
  if (remote?.kind !== "ip" || local?.kind !== "ip") return;
  const builder = new TcpFrameBuilder({
    sourceMac: MAC,
    destinationMac: MAC,
    sourceAddress: Uint8Array.from(remote.address.split("."), Number),
    destinationAddress: Uint8Array.from(local.address.split("."), Number),
    sourcePort: remote.port,
    destinationPort: local.port,
  });
  const fields = { sequence: 1, acknowledgment: 1, flags, window: 8192, options: NOTHING };
  const end = builder.build(fields, payload, 0, payload.length);
  const { frame, FRAME_START } = TcpFrameBuilder;
  file.packets.writePacket(file.nextTime(), frame, FRAME_START, end, end - FRAME_START);
  file.flush();
}

const MAC = new Uint8Array(6);

const HTTP2_OPENING = Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), http2Frame(4, 0, 0, NOTHING)]);

/** HEADERS with `GET /`, and fields that enter the dynamic table (RFC 7541 §6.2.1). */
function http2Request(stream: number): Uint8Array {
  const literal = (name: string, value: string) =>
    Buffer.concat([Buffer.of(0x40, name.length), Buffer.from(name), Buffer.of(value.length), Buffer.from(value)]);
  const block = Buffer.concat([
    Buffer.of(0x82, 0x84, 0x86),
    literal(":authority", "www.example.com"),
    literal("x-request-id", `7b1e5d2c-4b1a-4f6e-9d3a-${String(stream).padStart(12, "0")}`),
    literal("cookie", "session=abcdef0123456789abcdef0123456789"),
  ]);
  return http2Frame(1, 0x4, stream, block);
}

/** RFC 9113 §4.1. */
function http2Frame(type: number, flags: number, stream: number, payload: Uint8Array): Uint8Array {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A ClientHello of TLS 1.2 with one cipher suite and no extensions (RFC 5246 §7.4.1.2). */
const CLIENT_HELLO = tlsRecord(
  22,
  Buffer.concat([Buffer.of(1, 0, 0, 41, 3, 3), Buffer.alloc(32, 7), Buffer.of(0, 0, 2, 0xc0, 0x2f, 1, 0)]),
);
const TLS_RECORD = tlsRecord(23, Buffer.alloc(1200, 0x5a));

function tlsRecord(type: number, payload: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.of(type, 3, 3, payload.length >> 8, payload.length & 255), payload]);
}
