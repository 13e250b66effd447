import { DEFAULT_MAX_FRAME_SIZE, FRAME_HEADER_BYTES, FrameType, PREFACE } from "./constants.ts";
import { checkFrameHeader, checkSetting, definedFlags } from "./frame-rules.ts";

/** Recognises how a direction begins (RFC 9113 §3.4): the client's preface, or SETTINGS as the server's first frame. */
export class DirectionStart {
  /** The bytes consumed at the beginning. */
  readonly bytes = new Uint8Array(PREFACE.length);
  held = 0;
  readonly #expectsSettings: boolean;

  /** @param fromStart the first byte is the direction's first; otherwise a first SETTINGS frame proves nothing */
  constructor(fromStart: boolean) {
    this.#expectsSettings = fromStart;
  }

  /** Consumes `byte`: `more` while it may be either; with `server-settings` the frame's header is in `bytes`. */
  consume(byte: number): "client-preface" | "server-settings" | "neither" | "more" {
    this.bytes[this.held++] = byte;
    const preface = comparePreface(this.bytes, 0, this.held);
    if (preface === "whole") return "client-preface";
    if (preface === "begun") return "more";
    if (!this.#expectsSettings || !couldBeFirstSettings(this.bytes, this.held)) return "neither";
    return this.held === FRAME_HEADER_BYTES ? "server-settings" : "more";
  }

  /** Gives how many bytes were held, and holds none. */
  clear(): number {
    const { held } = this;
    this.held = 0;
    return held;
  }
}

/** Whether the connection preface stands at `bytes[at, end)`. */
export function comparePreface(bytes: Uint8Array, at: number, end: number): "whole" | "begun" | "no" {
  const length = Math.min(PREFACE.length, end - at);
  for (let index = 0; index < length; index++) if (bytes[at + index] !== PREFACE[index]) return "no";
  return length === PREFACE.length ? "whole" : "begun";
}

/** Whether a frame may begin there that is a server's first: SETTINGS without ACK, as far as `held` bytes of its header show. */
function couldBeFirstSettings(header: Uint8Array, held: number): boolean {
  for (let at = 0; at < held && at < FRAME_HEADER_BYTES; at++)
    if (FIRST_SETTINGS[at]! >= 0 && header[at] !== FIRST_SETTINGS[at]) return false;
  return held < 3 || ((header[1]! << 8) | header[2]!) % 6 === 0;
}

/**
 * Whether a connection's first bytes are a server's first SETTINGS. Their header alone is also how many a protocol's first message begins,
 * which has a length, a type 4 or so, and zeros: a setting has to be there that servers send, or the header of another frame.
 */
export function judgeFirstSettings(bytes: Uint8Array): "yes" | "no" | "more" {
  const held = bytes.length;
  if (!couldBeFirstSettings(bytes, held)) return "no";
  if (held < FRAME_HEADER_BYTES + SETTING_BYTES) return "more";
  const length = (bytes[1]! << 8) | bytes[2]!;
  const view = new DataView(bytes.buffer, bytes.byteOffset, held);
  const setting = view.getUint16(FRAME_HEADER_BYTES);
  const isSetting = setting > 0 && setting <= LAST_SETTING;
  if (length > 0 && isSetting)
    return checkSetting(setting, view.getUint32(FRAME_HEADER_BYTES + 2)) === 0 ? "yes" : "no";
  const next = FRAME_HEADER_BYTES + length;
  if (length > MOST_SETTINGS * SETTING_BYTES) return "no";
  if (held < next + FRAME_HEADER_BYTES) return "more";
  const [type, flags, stream] = [bytes[next + 3]!, bytes[next + 4]!, view.getUint32(next + 5)];
  const isFrame =
    type <= LAST_KNOWN_TYPE &&
    !NEVER_SECOND.includes(type) &&
    (stream === 0 || stream % 2 === 1) &&
    (flags & ~definedFlags(type)) === 0 &&
    bytes[next + 5]! < 0x80 &&
    checkFrameHeader(type, flags, stream, view.getUint32(next) >> 8, DEFAULT_MAX_FRAME_SIZE) === 0;
  return isFrame ? "yes" : "no";
}

const SETTING_BYTES = 6;
/** SETTINGS_NO_RFC7540_PRIORITIES (RFC 9218 §2.1); what others have agreed on beyond it stands behind one of these, or another frame. */
const LAST_SETTING = 9;
/** More than that nobody sends. */
const MOST_SETTINGS = 16;
/** Frames that go on with what others began. */
const NEVER_SECOND: readonly number[] = [FrameType.DATA, FrameType.CONTINUATION];
/** PRIORITY_UPDATE (RFC 9218). */
const LAST_KNOWN_TYPE = 0x10;

/** The header of such a frame; -1: any byte. */
const FIRST_SETTINGS = [0, -1, -1, FrameType.SETTINGS, 0, 0, 0, 0, 0];
