/**
 * Receives the parser's events for a stream of WebSocket frames (RFC 6455 §5.2): for each frame its header, its payload in pieces with
 * the mask removed, and its end.
 */
export interface FrameHandler {
  frameBegin(header: FrameHeader): void;
  /** `bytes[start, end)`: valid during the call. */
  payload(bytes: Uint8Array, start: number, end: number): void;
  frameEnd(): void;
}

/** Valid during the call. */
export interface FrameHeader {
  readonly fin: boolean;
  /** The reserved bits, RSV1 as 4 (with permessage-deflate: compressed), RSV2 as 2, RSV3 as 1. */
  readonly reserved: number;
  readonly opcode: number;
  readonly masked: boolean;
  /** Bytes of payload. */
  readonly length: number;
}

export const OPCODES = { CONTINUATION: 0, TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 } as const;

/**
 * Parses one direction's frames, split anywhere. It fails at a header that no endpoint may send: a reserved opcode, RSV2 or
 * RSV3, a control frame that is fragmented or longer than 125 bytes, a length of more than 2^53 or not in its shortest form.
 */
export class FrameParser implements FrameHeader {
  fin = false;
  reserved = 0;
  opcode = 0;
  masked = false;
  length = 0;
  readonly #handler: FrameHandler;
  readonly #header = new Uint8Array(MAX_HEADER);
  #headerLength = 0;
  #inPayload = false;
  #remaining = 0;
  /** Where in the mask the next byte of payload stands. */
  #maskAt = 0;
  #maskStart = 0;
  #failed = false;

  constructor(handler: FrameHandler) {
    this.#handler = handler;
  }

  get failed(): boolean {
    return this.#failed;
  }

  /** A frame has begun and is not over. */
  get inFrame(): boolean {
    return this.#inPayload || this.#headerLength > 0;
  }

  /** Parses the bytes; gives how many were consumed: fewer than all only when it failed. */
  push(data: Uint8Array): number {
    let p = 0;
    while (p < data.length && !this.#failed) {
      if (this.#inPayload) p += this.#readPayload(data, p);
      else {
        this.#header[this.#headerLength++] = data[p++]!;
        if (this.#headerLength >= 2 && this.#headerLength === headerLength(this.#header)) this.#begin();
      }
    }
    return p;
  }

  /** Passes over payload that was never seen: false when the bytes do not lie within the current frame's. */
  skip(size: number): boolean {
    if (!this.#inPayload || size > this.#remaining) return false;
    this.#maskAt += size;
    this.#advance(size);
    return true;
  }

  /** Expects a frame's header next, whatever came before. */
  restart(): void {
    this.#failed = false;
    this.#inPayload = false;
    this.#headerLength = 0;
  }

  #begin(): void {
    const header = this.#header;
    if (!isPlausibleHeader(header)) {
      this.#failed = true;
      return;
    }
    this.fin = (header[0]! & 0x80) !== 0;
    this.reserved = (header[0]! >> 4) & 7;
    this.opcode = header[0]! & 15;
    this.masked = (header[1]! & 0x80) !== 0;
    this.length = payloadLength(header);
    this.#maskStart = this.#headerLength - 4;
    this.#maskAt = 0;
    this.#remaining = this.length;
    this.#inPayload = true;
    this.#handler.frameBegin(this);
    this.#advance(0);
  }

  #readPayload(data: Uint8Array, p: number): number {
    if (!this.masked) {
      const length = Math.min(this.#remaining, data.length - p);
      this.#handler.payload(data, p, p + length);
      this.#advance(length);
      return length;
    }
    const length = Math.min(this.#remaining, data.length - p, scratch.length);
    for (let i = 0; i < length; i++)
      scratch[i] = data[p + i]! ^ this.#header[this.#maskStart + ((this.#maskAt + i) & 3)]!;
    this.#maskAt = (this.#maskAt + length) & 3;
    this.#handler.payload(scratch, 0, length);
    this.#advance(length);
    return length;
  }

  #advance(length: number): void {
    this.#remaining -= length;
    if (this.#remaining > 0) return;
    this.#inPayload = false;
    this.#headerLength = 0;
    this.#handler.frameEnd();
  }
}

/**
 * Whether frames stand in `data` from its first to its last byte, or to a frame that goes on beyond it: what tells, in the middle
 * of a stream, that a frame begins here.
 */
export function looksLikeFrames(data: Uint8Array, masked: boolean): boolean {
  let p = 0;
  while (p < data.length) {
    const rest = data.subarray(p, p + MAX_HEADER);
    if (rest.length < 2) return p > 0;
    if (((rest[1]! & 0x80) !== 0) !== masked) return false;
    if (rest.length < headerLength(rest)) return p > 0;
    if (!isPlausibleHeader(rest)) return false;
    p += headerLength(rest) + payloadLength(rest);
  }
  return data.length > 0;
}

const MAX_HEADER = 14;
const scratch = new Uint8Array(16 * 1024);

function headerLength(header: Uint8Array): number {
  const short = header[1]! & 0x7f;
  return 2 + (short === 126 ? 2 : short === 127 ? 8 : 0) + (header[1]! & 0x80 ? 4 : 0);
}

function payloadLength(header: Uint8Array): number {
  const short = header[1]! & 0x7f;
  if (short < 126) return short;
  let length = 0;
  for (let i = 2; i < (short === 126 ? 4 : 10); i++) length = length * 256 + header[i]!;
  return length;
}

function isPlausibleHeader(header: Uint8Array): boolean {
  const opcode = header[0]! & 15;
  const short = header[1]! & 0x7f;
  const isControl = opcode >= 8;
  if ((opcode > 2 && opcode < 8) || opcode > 10 || (header[0]! & 0x30) !== 0) return false;
  if (isControl && ((header[0]! & 0xc0) !== 0x80 || short > 125)) return false;
  const length = payloadLength(header);
  if (short === 126 && length < 126) return false;
  return short !== 127 || (length > 0xffff && length <= Number.MAX_SAFE_INTEGER);
}
