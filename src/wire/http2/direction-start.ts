import { FRAME_HEADER_BYTES, FrameType, PREFACE } from "./constants.ts";

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
export function couldBeFirstSettings(header: Uint8Array, held: number): boolean {
  for (let at = 0; at < held && at < FRAME_HEADER_BYTES; at++)
    if (FIRST_SETTINGS[at]! >= 0 && header[at] !== FIRST_SETTINGS[at]) return false;
  return held < 3 || ((header[1]! << 8) | header[2]!) % 6 === 0;
}

/** The header of such a frame; -1: any byte. */
const FIRST_SETTINGS = [0, -1, -1, FrameType.SETTINGS, 0, 0, 0, 0, 0];
