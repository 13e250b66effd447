import { ErrorCode, FrameType } from "./constants.ts";
import { readUint31, readUint32 } from "./decode-frame.ts";
import type { FrameHandler } from "./frame-handler.ts";
import { checkSetting } from "./frame-rules.ts";

/**
 * Reports RST_STREAM, SETTINGS, GOAWAY or WINDOW_UPDATE by its payload `bytes[start, end)`, whose length the frame's header
 * was checked for. Gives the error when a value breaks the rules, or NO_ERROR.
 */
export function reportControlFrame(
  handler: FrameHandler,
  type: number,
  streamId: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  switch (type) {
    case FrameType.RST_STREAM:
      handler.rstStream(streamId, readUint32(bytes, start));
      return ErrorCode.NO_ERROR;
    case FrameType.GOAWAY:
      handler.goaway(readUint31(bytes, start), readUint32(bytes, start + 4));
      return ErrorCode.NO_ERROR;
    case FrameType.WINDOW_UPDATE:
      return readUint31(bytes, start) === 0 ? ErrorCode.PROTOCOL_ERROR : ErrorCode.NO_ERROR;
    case FrameType.SETTINGS: {
      let firstError: number = ErrorCode.NO_ERROR;
      for (let at = start; at + 6 <= end; at += 6) {
        const setting = (bytes[at]! << 8) | bytes[at + 1]!;
        const value = readUint32(bytes, at + 2);
        const errorCode = checkSetting(setting, value);
        if (errorCode === ErrorCode.NO_ERROR) handler.setting(setting, value);
        else if (firstError === ErrorCode.NO_ERROR) firstError = errorCode;
      }
      return firstError;
    }
    default:
      return ErrorCode.NO_ERROR;
  }
}
