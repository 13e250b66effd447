import { decodeLatin1 } from "../text/latin1.ts";
import {
  DEFAULT_MAX_FRAME_SIZE,
  ErrorCode,
  FRAME_HEADER_BYTES,
  FrameFlag,
  FrameType,
  nameErrorCode,
  nameFrameType,
} from "./constants.ts";
import { checkFrameHeader, checkSetting } from "./frame-rules.ts";

/** One frame, decoded. `payload` and what is cut from it are views of the input. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  /** Bytes of the payload. */
  readonly length: number;
  readonly payload: FramePayload;
}

export type FramePayload =
  | { readonly kind: "data"; readonly data: Uint8Array; readonly padding?: Uint8Array }
  | {
      readonly kind: "headers";
      readonly block: Uint8Array;
      readonly priority?: Priority;
      readonly padding?: Uint8Array;
    }
  | { readonly kind: "priority"; readonly priority: Priority }
  | { readonly kind: "rst-stream"; readonly errorCode: number }
  | { readonly kind: "settings"; readonly settings: readonly (readonly [setting: number, value: number])[] }
  | {
      readonly kind: "push-promise";
      readonly promisedStreamId: number;
      readonly block: Uint8Array;
      readonly padding?: Uint8Array;
    }
  | { readonly kind: "ping"; readonly opaque: Uint8Array }
  | {
      readonly kind: "goaway";
      readonly lastStreamId: number;
      readonly errorCode: number;
      readonly debugData: Uint8Array;
    }
  | { readonly kind: "window-update"; readonly increment: number }
  | { readonly kind: "continuation"; readonly block: Uint8Array }
  | { readonly kind: "alt-svc"; readonly origin: string; readonly value: string }
  | { readonly kind: "origin"; readonly origins: readonly string[] }
  | { readonly kind: "priority-update"; readonly prioritizedStreamId: number; readonly value: string }
  | { readonly kind: "unknown"; readonly bytes: Uint8Array };

/** RFC 9113 §5.3.2 (deprecated, still sent). `weight` as on the wire: one less than what it means. */
export interface Priority {
  readonly exclusive: boolean;
  readonly dependency: number;
  readonly weight: number;
}

/** An error in a frame, with the code that RFC 9113 has a receiver answer with. */
export interface FrameError {
  readonly errorCode: number;
  readonly message: string;
}

/**
 * Decodes one whole frame strictly, by RFC 9113 §6: for showing frames and for checking them. (Streams of bytes are for
 * `FrameParser`.)
 *
 * @param bytes exactly one frame, header included
 */
export function decodeFrame(bytes: Uint8Array, maxFrameSize = DEFAULT_MAX_FRAME_SIZE): Frame | FrameError {
  if (bytes.length < FRAME_HEADER_BYTES)
    return fail(ErrorCode.FRAME_SIZE_ERROR, `a frame header has ${FRAME_HEADER_BYTES} bytes, found ${bytes.length}`);
  const length = (bytes[0]! << 16) | (bytes[1]! << 8) | bytes[2]!;
  const type = bytes[3]!;
  const flags = bytes[4]!;
  const streamId = readUint31(bytes, 5);
  const errorCode = checkFrameHeader(type, flags, streamId, length, maxFrameSize);
  if (errorCode !== ErrorCode.NO_ERROR)
    return fail(
      errorCode,
      `${nameFrameType(type)} of ${length} bytes on stream ${streamId}: ${nameErrorCode(errorCode)}`,
    );
  if (bytes.length !== FRAME_HEADER_BYTES + length)
    return fail(
      ErrorCode.FRAME_SIZE_ERROR,
      `the header says ${length} bytes of payload, found ${bytes.length - FRAME_HEADER_BYTES}`,
    );
  const payload = decodePayload(type, flags, bytes.subarray(FRAME_HEADER_BYTES));
  return "errorCode" in payload && "message" in payload ? payload : { type, flags, streamId, length, payload };
}

export function isFrameError(result: Frame | FrameError): result is FrameError {
  return "errorCode" in result;
}

function decodePayload(type: number, flags: number, bytes: Uint8Array): FramePayload | FrameError {
  switch (type) {
    case FrameType.DATA:
      return withoutPadding(flags, bytes, 0, (data, padding) => ({ kind: "data", data, ...padding }));
    case FrameType.HEADERS: {
      const priorityBytes = flags & FrameFlag.PRIORITY ? 5 : 0;
      return withoutPadding(flags, bytes, priorityBytes, (content, padding) => ({
        kind: "headers",
        block: content.subarray(priorityBytes),
        ...(priorityBytes > 0 && { priority: readPriority(content) }),
        ...padding,
      }));
    }
    case FrameType.PRIORITY:
      return { kind: "priority", priority: readPriority(bytes) };
    case FrameType.RST_STREAM:
      return { kind: "rst-stream", errorCode: readUint32(bytes, 0) };
    case FrameType.SETTINGS:
      return decodeSettings(bytes);
    case FrameType.PUSH_PROMISE:
      return withoutPadding(flags, bytes, 4, (content, padding) => {
        const promisedStreamId = readUint31(content, 0);
        if (promisedStreamId === 0 || promisedStreamId % 2 === 1)
          return fail(
            ErrorCode.PROTOCOL_ERROR,
            `a promised stream's identifier is even and not 0, found ${promisedStreamId}`,
          );
        return { kind: "push-promise", promisedStreamId, block: content.subarray(4), ...padding };
      });
    case FrameType.PING:
      return { kind: "ping", opaque: bytes };
    case FrameType.GOAWAY:
      return {
        kind: "goaway",
        lastStreamId: readUint31(bytes, 0),
        errorCode: readUint32(bytes, 4),
        debugData: bytes.subarray(8),
      };
    case FrameType.WINDOW_UPDATE: {
      const increment = readUint31(bytes, 0);
      if (increment === 0) return fail(ErrorCode.PROTOCOL_ERROR, "a window's increment is not 0");
      return { kind: "window-update", increment };
    }
    case FrameType.CONTINUATION:
      return { kind: "continuation", block: bytes };
    case FrameType.ALTSVC:
      return decodeAltSvc(bytes);
    case FrameType.ORIGIN:
      return decodeOrigins(bytes);
    case FrameType.PRIORITY_UPDATE:
      if (bytes.length < 4)
        return fail(ErrorCode.FRAME_SIZE_ERROR, `PRIORITY_UPDATE has at least 4 bytes, found ${bytes.length}`);
      return {
        kind: "priority-update",
        prioritizedStreamId: readUint31(bytes, 0),
        value: decodeLatin1(bytes, 4),
      };
    default:
      return { kind: "unknown", bytes };
  }
}

/** Cuts the padding off (§6.1); what is left has at least `needed` bytes. */
function withoutPadding(
  flags: number,
  bytes: Uint8Array,
  needed: number,
  build: (content: Uint8Array, padding: { padding?: Uint8Array }) => FramePayload | FrameError,
): FramePayload | FrameError {
  if ((flags & FrameFlag.PADDED) === 0) return build(bytes, {});
  const end = bytes.length - bytes[0]!;
  if (end < 1 + needed)
    return fail(ErrorCode.PROTOCOL_ERROR, `padding of ${bytes[0]} bytes in a payload of ${bytes.length}`);
  return build(bytes.subarray(1, end), { padding: bytes.subarray(end) });
}

function decodeSettings(bytes: Uint8Array): FramePayload | FrameError {
  const settings: [number, number][] = [];
  for (let at = 0; at < bytes.length; at += 6) {
    const setting = (bytes[at]! << 8) | bytes[at + 1]!;
    const value = readUint32(bytes, at + 2);
    const errorCode = checkSetting(setting, value);
    if (errorCode !== ErrorCode.NO_ERROR)
      return fail(errorCode, `setting ${setting} may not be ${value}: ${nameErrorCode(errorCode)}`);
    settings.push([setting, value]);
  }
  return { kind: "settings", settings };
}

/** RFC 7838 §4. */
function decodeAltSvc(bytes: Uint8Array): FramePayload | FrameError {
  const length = bytes.length < 2 ? 0 : (bytes[0]! << 8) | bytes[1]!;
  if (bytes.length < 2 + length)
    return fail(ErrorCode.FRAME_SIZE_ERROR, `ALTSVC's origin of ${length} bytes does not fit in ${bytes.length}`);
  return { kind: "alt-svc", origin: decodeLatin1(bytes, 2, 2 + length), value: decodeLatin1(bytes, 2 + length) };
}

/** RFC 8336 §2.1. */
function decodeOrigins(bytes: Uint8Array): FramePayload | FrameError {
  const origins: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 2 + (at + 1 < bytes.length ? (bytes[at]! << 8) | bytes[at + 1]! : bytes.length);
    if (end > bytes.length) return fail(ErrorCode.FRAME_SIZE_ERROR, `ORIGIN ends within an entry, at byte ${at}`);
    origins.push(decodeLatin1(bytes, at + 2, end));
    at = end;
  }
  return { kind: "origin", origins };
}

function readPriority(bytes: Uint8Array): Priority {
  return { exclusive: bytes[0]! >= 0x80, dependency: readUint31(bytes, 0), weight: bytes[4]! };
}

/** Big-endian, without its reserved bit. */
export function readUint31(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! & 0x7f) << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

/** Big-endian. */
export function readUint32(bytes: Uint8Array, at: number): number {
  return readUint31(bytes, at) + (bytes[at]! >= 0x80 ? 0x80000000 : 0);
}

function fail(errorCode: number, message: string): FrameError {
  return { errorCode, message };
}
