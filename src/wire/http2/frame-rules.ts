import { ErrorCode, FrameFlag, FrameType, Setting } from "./constants.ts";

/**
 * Checks a frame by its header alone, as RFC 9113 has it: the error that a receiver answers with, or NO_ERROR. Frames of unknown
 * types have no rules (§5.5).
 *
 * @param maxFrameSize what the receiver announced
 */
export function checkFrameHeader(
  type: number,
  flags: number,
  streamId: number,
  length: number,
  maxFrameSize: number,
): number {
  if (length > maxFrameSize) return ErrorCode.FRAME_SIZE_ERROR;
  switch (type) {
    case FrameType.DATA:
      if (streamId === 0) return ErrorCode.PROTOCOL_ERROR;
      return length === 0 && (flags & FrameFlag.PADDED) !== 0 ? ErrorCode.FRAME_SIZE_ERROR : ErrorCode.NO_ERROR;
    case FrameType.HEADERS:
      if (streamId === 0) return ErrorCode.PROTOCOL_ERROR;
      return length < prefixBytes(flags) ? ErrorCode.FRAME_SIZE_ERROR : ErrorCode.NO_ERROR;
    case FrameType.PRIORITY:
      if (streamId === 0) return ErrorCode.PROTOCOL_ERROR;
      return length !== 5 ? ErrorCode.FRAME_SIZE_ERROR : ErrorCode.NO_ERROR;
    case FrameType.RST_STREAM:
      if (streamId === 0) return ErrorCode.PROTOCOL_ERROR;
      return length !== 4 ? ErrorCode.FRAME_SIZE_ERROR : ErrorCode.NO_ERROR;
    case FrameType.SETTINGS:
      if (streamId !== 0) return ErrorCode.PROTOCOL_ERROR;
      if ((flags & FrameFlag.ACK) !== 0 ? length !== 0 : length % 6 !== 0) return ErrorCode.FRAME_SIZE_ERROR;
      return ErrorCode.NO_ERROR;
    case FrameType.PUSH_PROMISE:
      if (streamId === 0) return ErrorCode.PROTOCOL_ERROR;
      return length < 4 + (flags & FrameFlag.PADDED ? 1 : 0) ? ErrorCode.FRAME_SIZE_ERROR : ErrorCode.NO_ERROR;
    case FrameType.PING:
      if (streamId !== 0) return ErrorCode.PROTOCOL_ERROR;
      return length !== 8 ? ErrorCode.FRAME_SIZE_ERROR : ErrorCode.NO_ERROR;
    case FrameType.GOAWAY:
      if (streamId !== 0) return ErrorCode.PROTOCOL_ERROR;
      return length < 8 ? ErrorCode.FRAME_SIZE_ERROR : ErrorCode.NO_ERROR;
    case FrameType.WINDOW_UPDATE:
      return length !== 4 ? ErrorCode.FRAME_SIZE_ERROR : ErrorCode.NO_ERROR;
    case FrameType.CONTINUATION:
      return streamId === 0 ? ErrorCode.PROTOCOL_ERROR : ErrorCode.NO_ERROR;
    default:
      return ErrorCode.NO_ERROR;
  }
}

/** Checks one setting's value (RFC 9113 §6.5.2). */
export function checkSetting(setting: number, value: number): number {
  switch (setting) {
    case Setting.ENABLE_PUSH:
    case Setting.ENABLE_CONNECT_PROTOCOL:
      return value > 1 ? ErrorCode.PROTOCOL_ERROR : ErrorCode.NO_ERROR;
    case Setting.INITIAL_WINDOW_SIZE:
      return value > 0x7fffffff ? ErrorCode.FLOW_CONTROL_ERROR : ErrorCode.NO_ERROR;
    case Setting.MAX_FRAME_SIZE:
      return value < 16_384 || value > 16_777_215 ? ErrorCode.PROTOCOL_ERROR : ErrorCode.NO_ERROR;
    default:
      return ErrorCode.NO_ERROR;
  }
}

/** The flags that a type defines (§6), all for an unknown type. Others are to be ignored, but nobody sets them. */
export function definedFlags(type: number): number {
  return DEFINED_FLAGS[type] ?? 0xff;
}

/** Bytes of HEADERS before the header block: the pad length and the priority. */
function prefixBytes(flags: number): number {
  return (flags & FrameFlag.PADDED ? 1 : 0) + (flags & FrameFlag.PRIORITY ? 5 : 0);
}

const { END_STREAM, ACK, END_HEADERS, PADDED, PRIORITY } = FrameFlag;

const DEFINED_FLAGS: readonly number[] = [
  END_STREAM | PADDED,
  END_STREAM | END_HEADERS | PADDED | PRIORITY,
  0,
  0,
  ACK,
  END_HEADERS | PADDED,
  ACK,
  0,
  0,
  END_HEADERS,
];
