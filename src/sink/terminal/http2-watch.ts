import type { Timestamp } from "../../model/index.ts";
import { DEFAULT_MAX_FRAME_SIZE, FrameFinder, PREFACE } from "../../wire/http2/index.ts";

/**
 * Tells of one direction's bytes whether they are HTTP/2: by the preface, wherever it stands (an upgrade, a tunnel), and of what was
 * joined late by frames that follow each other.
 */
export class Http2Watch {
  #finder: FrameFinder | undefined;
  #seen = 0;
  #tail = "";

  /** @param joinedLate its first bytes may stand in the middle of anything */
  constructor(joinedLate: boolean) {
    if (joinedLate) this.#finder = new FrameFinder(SEARCHED_BYTES, undefined);
  }

  /** `maybe`: more bytes, or that none come (`finish`), will tell. */
  push(data: Uint8Array): "http2" | "maybe" | "other" {
    if (this.#hasPreface(data)) return "http2";
    if (this.#finder === undefined) return "other";
    if (this.#finder.push(data, 0, data.length, NO_TIME, NOTHING_KNOWN) >= 0) return "http2";
    this.#seen += data.length;
    if (this.#finder.isOpen && this.#seen < SEARCHED_BYTES) return "maybe";
    this.#finder = undefined;
    return "other";
  }

  finish(): "http2" | "other" {
    const found = this.#finder?.finish(NOTHING_KNOWN) ?? -1;
    this.#finder = undefined;
    return found >= 0 ? "http2" : "other";
  }

  #hasPreface(data: Uint8Array): boolean {
    const text = this.#tail + new TextDecoder("latin1").decode(data);
    this.#tail = text.slice(-PREFACE.length + 1);
    return text.includes(PREFACE_TEXT);
  }
}

/** Bytes of one direction in which frames are looked for. */
const SEARCHED_BYTES = 64 * 1024;
const PREFACE_TEXT = new TextDecoder("latin1").decode(PREFACE);
const NOTHING_KNOWN = { maxFrameSize: DEFAULT_MAX_FRAME_SIZE, lastStreamId: 0 };
const NO_TIME: Timestamp = { seconds: 0, nanos: 0 };
