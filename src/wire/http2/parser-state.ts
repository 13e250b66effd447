import { DEFAULT_MAX_FRAME_SIZE, FrameFlag, FrameType } from "./constants.ts";

/** The state of a `FrameParser`: its action for the next byte. */
export type ParserState = (typeof ParserState)[keyof typeof ParserState];
export const ParserState = {
  /** Before the direction's first frame. */
  start: 0,
  header: 1,
  /** The content of DATA. */
  data: 2,
  padLength: 3,
  /** Bytes that say nothing. */
  padding: 4,
  ignored: 5,
  /** A payload that is reported when it is whole. */
  whole: 6,
  searching: 7,
} as const;

/** The state for the payload of a frame that is no part of a header block. */
export function stateOfPayload(type: number, flags: number, length: number): ParserState {
  switch (type) {
    case FrameType.DATA:
      return flags & FrameFlag.PADDED ? ParserState.padLength : ParserState.data;
    case FrameType.RST_STREAM:
    case FrameType.SETTINGS:
    case FrameType.GOAWAY:
    case FrameType.WINDOW_UPDATE:
      return length <= DEFAULT_MAX_FRAME_SIZE ? ParserState.whole : ParserState.padding;
    case FrameType.PRIORITY:
    case FrameType.PING:
    case FrameType.ALTSVC:
    case FrameType.ORIGIN:
    case FrameType.PRIORITY_UPDATE:
      // Their content does not concern exchanges.
      return ParserState.padding;
    default:
      return ParserState.ignored;
  }
}
