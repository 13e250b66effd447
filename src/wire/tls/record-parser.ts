/**
 * Cuts one direction's bytes into TLS records (RFC 8446 §5.1, RFC 5246 §6.2.1). A push parser: any split of the input gives
 * the same records. It holds at most one incomplete record (`MAX_RECORD_BYTES`, 16 KiB and what protection may add).
 */
export class TlsRecordParser {
  readonly #onRecord: (record: TlsRecord) => void;
  readonly #onSkipped: (bytes: number) => void;
  #held: Uint8Array | undefined;
  #heldLength = 0;
  #searching = false;

  /**
   * @param onRecord called for each record; its bytes are borrowed until the call returns.
   * @param onSkipped called with how many bytes were passed over while a record's beginning was sought.
   */
  constructor(onRecord: (record: TlsRecord) => void, onSkipped: (bytes: number) => void) {
    this.#onRecord = onRecord;
    this.#onSkipped = onSkipped;
  }

  /** Bytes held of an incomplete record. */
  get buffered(): number {
    return this.#heldLength;
  }

  push(data: Uint8Array): void {
    let bytes = data;
    if (this.#heldLength > 0) {
      this.#hold(data);
      bytes = this.#held!.subarray(0, this.#heldLength);
    }
    const rest = this.#cut(bytes);
    if (this.#held === undefined || bytes.buffer !== this.#held.buffer) {
      if (rest < bytes.length) this.#hold(bytes.subarray(rest));
    } else if (rest > 0) {
      this.#held.copyWithin(0, rest, this.#heldLength);
      this.#heldLength -= rest;
    }
  }

  /** Bytes are missing here: what is held cannot be completed, and the next record's beginning has to be found. */
  gap(): void {
    if (this.#heldLength > 0) this.#onSkipped(this.#heldLength);
    this.#heldLength = 0;
    this.#searching = true;
  }

  /** The direction ended; what is held is an incomplete record. Gives its size. */
  end(): number {
    const left = this.#heldLength;
    this.#heldLength = 0;
    return left;
  }

  /** Hands on every whole record of `bytes`; gives where the first incomplete one begins. */
  #cut(bytes: Uint8Array): number {
    let at = 0;
    for (;;) {
      if (this.#searching) {
        const found = findRecord(bytes, at);
        if (found.at > at) this.#onSkipped(found.at - at);
        at = found.at;
        if (!found.certain) return at;
        this.#searching = false;
      }
      if (bytes.length - at < HEADER_BYTES) return at;
      if (!isRecordHeader(bytes, at)) {
        this.#searching = true;
        this.#onSkipped(1);
        at++;
        continue;
      }
      const end = at + HEADER_BYTES + ((bytes[at + 3]! << 8) | bytes[at + 4]!);
      if (end > bytes.length) return at;
      this.#onRecord({
        type: bytes[at]!,
        version: (bytes[at + 1]! << 8) | bytes[at + 2]!,
        header: bytes.subarray(at, at + HEADER_BYTES),
        fragment: bytes.subarray(at + HEADER_BYTES, end),
      });
      at = end;
    }
  }

  #hold(bytes: Uint8Array): void {
    const needed = this.#heldLength + bytes.length;
    if (this.#held === undefined || this.#held.length < needed) {
      const larger = new Uint8Array(Math.max(needed, 2 * (this.#held?.length ?? 1024)));
      if (this.#heldLength > 0) larger.set(this.#held!.subarray(0, this.#heldLength));
      this.#held = larger;
    }
    this.#held.set(bytes, this.#heldLength);
    this.#heldLength = needed;
  }
}

/** One record as it stood on the wire; a protected one is still encrypted. */
export interface TlsRecord {
  /** A `RECORD_TYPE`. */
  readonly type: number;
  /** The record layer's version: 0x0301 to 0x0303. */
  readonly version: number;
  /** The five bytes before the fragment: additional data for TLS 1.3's ciphers. */
  readonly header: Uint8Array;
  readonly fragment: Uint8Array;
}

export const RECORD_TYPE = { changeCipherSpec: 20, alert: 21, handshake: 22, applicationData: 23 } as const;

export const HEADER_BYTES = 5;

/** The longest fragment: 2^14 bytes and 2048 that protection may add (RFC 5246 §6.2.3; TLS 1.3 allows 256). */
const MAX_RECORD_BYTES = 16384 + 2048;

/** Whether five bytes from `at` may begin a record: a known type, a version from SSL 3.0 to TLS 1.2, a length that is allowed. */
export function isRecordHeader(bytes: Uint8Array, at: number): boolean {
  const type = bytes[at]!;
  if (type < 20 || type > 23 || bytes[at + 1] !== 3 || bytes[at + 2]! > 4) return false;
  const length = (bytes[at + 3]! << 8) | bytes[at + 4]!;
  return length <= MAX_RECORD_BYTES && (length > 0 || type === RECORD_TYPE.applicationData);
}

/**
 * Finds where a record begins: a header whose record is followed by another header. `certain` is false when the bytes end
 * before that can be told; `at` is then where to look again.
 */
function findRecord(bytes: Uint8Array, from: number): { at: number; certain: boolean } {
  for (let at = from; at < bytes.length; at++) {
    if (bytes.length - at < HEADER_BYTES) {
      if (bytes[at]! >= 20 && bytes[at]! <= 23) return { at, certain: false };
      continue;
    }
    if (!isRecordHeader(bytes, at)) continue;
    const next = at + HEADER_BYTES + ((bytes[at + 3]! << 8) | bytes[at + 4]!);
    if (next === bytes.length) return { at, certain: true };
    if (next + HEADER_BYTES > bytes.length) return { at, certain: false };
    if (isRecordHeader(bytes, next)) return { at, certain: true };
  }
  return { at: bytes.length, certain: false };
}
