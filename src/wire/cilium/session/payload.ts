import type { Timestamp } from "../../../model/index.ts";
import type { Dialect } from "../dialect.ts";

/** The event is a perf sample: `data` is a monitor message (PERF_RECORD_SAMPLE). */
export const EventSample = 9;
/** Events were lost: `lost` says how many (PERF_RECORD_LOST). */
export const RecordLost = 2;

/** The agent's message for each event: Go's payload.Payload. */
export interface Payload {
  /** The monitor message; its first byte is the message type. */
  data: Uint8Array;
  cpu: number;
  lost: bigint;
  /** `EventSample`, `RecordLost`; anything else is not defined. */
  type: number;
}

/** A payload as the session hands it on: the message is `bytes[start, end)`. Borrowed until the call returns. */
export interface BorrowedPayload {
  bytes: Uint8Array;
  start: number;
  end: number;
  /** Where the buffer ends that `bytes` is taken for. */
  limit: number;
  cpu: number;
  lost: bigint;
  type: number;
  /** When it came, where a recording of `--record` says so. */
  time?: Timestamp | undefined;
  /** Whose message it is, where whoever read the stream has found that out. */
  dialect?: Dialect | undefined;
}

/** The header before each payload in protocol 1.0: the payload's size (u32, little endian) and 28 reserved bytes. */
export interface Meta {
  size: number;
}

export const META_LENGTH = 32;

/** Go's Meta.ReadBinary. `undefined` when there are less than 32 bytes. */
export function decodeMeta(data: Uint8Array): Meta | undefined {
  if (data.length < META_LENGTH) return undefined;
  return { size: (data[0]! | (data[1]! << 8) | (data[2]! << 16) | (data[3]! << 24)) >>> 0 };
}

/** Go's Meta.WriteBinary. */
export function encodeMeta(meta: Meta): Uint8Array {
  const bytes = new Uint8Array(META_LENGTH);
  new DataView(bytes.buffer).setUint32(0, meta.size, true);
  return bytes;
}

/** The definition of Payload as Go sends it, once a session and before its first value. */
export const PAYLOAD_DEFINITION: Uint8Array = Uint8Array.from(
  atob("OP+BAwEBB1BheWxvYWQB/4IAAQQBBERhdGEBCgABA0NQVQEEAAEETG9zdAEGAAEEVHlwZQEEAAAA"),
  (character) => character.charCodeAt(0),
);
/** Where the number of its fields stands. */
const FIELD_COUNT_AT = 19;
const PAYLOAD_TYPE_ID = 65;

/**
 * The same with a fifth field, `Time` (an int: nanoseconds since 1970), which Go's decoders leave out, as they do with every field
 * that they do not know.
 */
export const RECORDED_PAYLOAD_DEFINITION: Uint8Array = Uint8Array.of(
  PAYLOAD_DEFINITION[0]! + 9,
  ...PAYLOAD_DEFINITION.subarray(1, FIELD_COUNT_AT),
  5,
  ...PAYLOAD_DEFINITION.subarray(FIELD_COUNT_AT + 1, -2),
  ...[1, 4, 0x54, 0x69, 0x6d, 0x65, 1, 4, 0, 0, 0],
);

/**
 * One payload as a gob message; `PAYLOAD_DEFINITION` must have gone before, or with a time `RECORDED_PAYLOAD_DEFINITION`. A field
 * that is zero is left out, as gob does.
 */
export function encodePayload(payload: Payload, time?: Timestamp): Uint8Array {
  const body: number[] = [];
  pushUint(body, BigInt(PAYLOAD_TYPE_ID) << 1n);
  let last = -1;
  const field = (number: number): void => {
    pushUint(body, BigInt(number - last));
    last = number;
  };
  const head: number[] = [];
  if (payload.data.length > 0) {
    field(0);
    pushUint(body, BigInt(payload.data.length));
  }
  const tail = payload.data.length > 0 ? body.length : -1;
  if (payload.cpu !== 0) {
    field(1);
    pushInt(body, payload.cpu);
  }
  if (payload.lost !== 0n) {
    field(2);
    pushUint(body, payload.lost);
  }
  if (payload.type !== 0) {
    field(3);
    pushInt(body, payload.type);
  }
  if (time !== undefined) {
    field(4);
    pushInt(body, BigInt(time.seconds) * 1_000_000_000n + BigInt(time.nanos));
  }
  body.push(0);
  pushUint(head, BigInt(body.length + payload.data.length));
  const bytes = new Uint8Array(head.length + body.length + payload.data.length);
  bytes.set(head, 0);
  if (tail < 0) {
    bytes.set(body, head.length);
  } else {
    bytes.set(body.slice(0, tail), head.length);
    bytes.set(payload.data, head.length + tail);
    bytes.set(body.slice(tail), head.length + tail + payload.data.length);
  }
  return bytes;
}

function pushInt(into: number[], value: number | bigint): void {
  const wide = BigInt(value);
  pushUint(into, wide < 0n ? (~wide << 1n) | 1n : wide << 1n);
}

function pushUint(into: number[], value: bigint): void {
  if (value < 128n) {
    into.push(Number(value));
    return;
  }
  const bytes: number[] = [];
  for (let rest = value; rest > 0n; rest >>= 8n) bytes.unshift(Number(rest & 0xffn));
  into.push(256 - bytes.length, ...bytes);
}
