import type { CipherSuite } from "./cipher-suites.ts";
import type { TrafficKeys } from "./key-schedule.ts";
import type { TlsRecord } from "./record-parser.ts";
import type { TlsCrypto } from "./tls-crypto.ts";

/** A record's content once opened: its real type and its plaintext. */
export interface OpenedRecord {
  readonly type: number;
  readonly content: Uint8Array;
}

/**
 * Opens the protected records of one direction with one set of keys, in order: it counts the sequence number. A record that
 * does not open leaves the number as it was.
 */
export class RecordOpener {
  readonly #crypto: TlsCrypto;
  readonly #suite: CipherSuite;
  readonly #version: number;
  readonly #keys: TrafficKeys;
  readonly #encryptThenMac: boolean;
  /** TLS 1.0: the last block of the record before. */
  #chained: Uint8Array;
  sequence = 0;

  /** @param version what was negotiated, 0x0301 to 0x0304 */
  constructor(crypto: TlsCrypto, suite: CipherSuite, version: number, keys: TrafficKeys, encryptThenMac: boolean) {
    this.#crypto = crypto;
    this.#suite = suite;
    this.#version = version;
    this.#keys = keys;
    this.#encryptThenMac = encryptThenMac;
    this.#chained = keys.iv;
  }

  /** The record's content, or undefined when these keys do not open it at this sequence number. */
  open(record: TlsRecord): OpenedRecord | undefined {
    const opened =
      this.#version >= 0x0304
        ? this.#openModern(record)
        : this.#suite.cipher === "aes-cbc"
          ? this.#openCbc(record)
          : this.#openAead(record);
    if (opened !== undefined) this.sequence++;
    return opened;
  }

  /** TLS 1.3 (RFC 8446 §5.2): the type stands at the end of the content, before zeros. */
  #openModern(record: TlsRecord): OpenedRecord | undefined {
    const { cipher, tagBytes } = this.#suite;
    if (cipher === "aes-cbc") return undefined;
    const inner = this.#crypto.open(cipher, this.#keys.key, this.#mixNonce(), record.header, record.fragment, tagBytes);
    if (inner === undefined) return undefined;
    let end = inner.length - 1;
    while (end >= 0 && inner[end] === 0) end--;
    return end < 0 ? undefined : { type: inner[end]!, content: inner.subarray(0, end) };
  }

  /** AEAD in TLS 1.2 (RFC 5246 §6.2.3.3; GCM and CCM carry 8 bytes of nonce in the record, RFC 5288 §3; ChaCha RFC 7905 §2). */
  #openAead(record: TlsRecord): OpenedRecord | undefined {
    const { cipher, tagBytes } = this.#suite;
    if (cipher === "aes-cbc") return undefined;
    const explicit = cipher === "chacha20-poly1305" ? 0 : 8;
    const length = record.fragment.length - explicit - tagBytes;
    if (length < 0) return undefined;
    let nonce = this.#mixNonce();
    if (explicit > 0) {
      nonce = new Uint8Array(12);
      nonce.set(this.#keys.iv);
      nonce.set(record.fragment.subarray(0, 8), 4);
    }
    const content = this.#crypto.open(
      cipher,
      this.#keys.key,
      nonce,
      this.#formatHeader(record, length),
      record.fragment.subarray(explicit),
      tagBytes,
    );
    return content === undefined ? undefined : { type: record.type, content };
  }

  /** CBC (RFC 5246 §6.2.3.2), with the MAC inside, or outside by RFC 7366. */
  #openCbc(record: TlsRecord): OpenedRecord | undefined {
    const macBytes = this.#suite.tagBytes;
    const explicit = this.#version <= 0x0301 ? 0 : 16;
    let sealed = record.fragment;
    if (this.#encryptThenMac) {
      const end = sealed.length - macBytes;
      if (end < explicit + 16 || !equal(this.#mac(record, sealed.subarray(0, end)), sealed.subarray(end)))
        return undefined;
      sealed = sealed.subarray(0, end);
    }
    if (sealed.length < explicit + 16 || sealed.length % 16 !== 0) return undefined;
    const iv = explicit === 0 ? this.#chained : sealed.subarray(0, 16);
    const text = this.#crypto.decryptCbc(this.#keys.key, iv, sealed.subarray(explicit));
    const padding = text[text.length - 1]! + 1;
    const end = text.length - padding - (this.#encryptThenMac ? 0 : macBytes);
    if (end < 0) return undefined;
    const content = text.subarray(0, end);
    if (!this.#encryptThenMac && !equal(this.#mac(record, content), text.subarray(end, end + macBytes)))
      return undefined;
    if (explicit === 0) this.#chained = sealed.slice(-16);
    return { type: record.type, content };
  }

  /** The nonce of TLS 1.3 and ChaCha20-Poly1305: the sequence number over the end of the IV. */
  #mixNonce(): Uint8Array {
    const nonce = Uint8Array.from(this.#keys.iv);
    let rest = this.sequence;
    for (let index = nonce.length - 1; rest > 0; index--) {
      nonce[index] = nonce[index]! ^ (rest % 256);
      rest = Math.floor(rest / 256);
    }
    return nonce;
  }

  #mac(record: TlsRecord, content: Uint8Array): Uint8Array {
    const header = this.#formatHeader(record, content.length);
    const data = new Uint8Array(header.length + content.length);
    data.set(header);
    data.set(content, header.length);
    return this.#crypto.hmac(this.#suite.mac!, this.#keys.mac, data);
  }

  /** Sequence number, type, version and length: the additional data of TLS 1.2. */
  #formatHeader(record: TlsRecord, length: number): Uint8Array {
    const header = new Uint8Array(13);
    const view = new DataView(header.buffer);
    view.setUint32(0, Math.floor(this.sequence / 2 ** 32));
    view.setUint32(4, this.sequence % 2 ** 32);
    header[8] = record.type;
    view.setUint16(9, record.version);
    view.setUint16(11, length);
    return header;
  }
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
