import { ByteReader } from "./byte-reader.ts";

/** Handshake message types (RFC 8446 §4, RFC 5246 §7.4). */
export const HANDSHAKE_TYPE = {
  clientHello: 1,
  serverHello: 2,
  newSessionTicket: 4,
  endOfEarlyData: 5,
  encryptedExtensions: 8,
  finished: 20,
  keyUpdate: 24,
} as const;

export const EXTENSION = {
  serverName: 0,
  signatureAlgorithms: 13,
  alpn: 16,
  encryptThenMac: 22,
  extendedMasterSecret: 23,
  sessionTicket: 35,
  supportedVersions: 43,
} as const;

/** The content of a ClientHello (RFC 8446 §4.1.2). GREASE values (RFC 8701) are kept as they came. */
export interface ClientHello {
  readonly version: number;
  readonly random: Uint8Array;
  readonly sessionId: Uint8Array;
  readonly cipherSuites: readonly number[];
  /** Extension types in the order of the wire. */
  readonly extensions: readonly number[];
  readonly serverName: string | undefined;
  readonly alpn: readonly string[];
  readonly supportedVersions: readonly number[];
  readonly signatureAlgorithms: readonly number[];
  /** The ticket of RFC 5077 that is offered for resumption; empty when there is none. */
  readonly ticket: Uint8Array;
}

/** The content of a ServerHello (RFC 8446 §4.1.3), HelloRetryRequest included. */
export interface ServerHello {
  /** The version that was negotiated: 0x0301 to 0x0304. */
  readonly version: number;
  readonly random: Uint8Array;
  readonly sessionId: Uint8Array;
  readonly cipherSuite: number;
  /** TLS 1.2 and older; in TLS 1.3 it is in EncryptedExtensions. */
  readonly alpn: string | undefined;
  readonly encryptThenMac: boolean;
  readonly helloRetryRequest: boolean;
}

/**
 * Joins one direction's handshake messages out of records, which may cut them anywhere. Holds at most `MAX_MESSAGE_BYTES`;
 * a longer message is passed over.
 */
export class HandshakeAssembler {
  readonly #onMessage: (type: number, body: Uint8Array) => void;
  #held = new Uint8Array(0);
  #skip = 0;

  /** @param onMessage gets each message's type and body; borrowed until the call returns. */
  constructor(onMessage: (type: number, body: Uint8Array) => void) {
    this.#onMessage = onMessage;
  }

  push(fragment: Uint8Array): void {
    let bytes = fragment;
    if (this.#skip > 0) {
      const passed = Math.min(this.#skip, bytes.length);
      this.#skip -= passed;
      bytes = bytes.subarray(passed);
    }
    if (this.#held.length > 0) {
      const joined = new Uint8Array(this.#held.length + bytes.length);
      joined.set(this.#held);
      joined.set(bytes, this.#held.length);
      bytes = joined;
    }
    let at = 0;
    while (bytes.length - at >= 4) {
      const length = (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
      const end = at + 4 + length;
      if (end > bytes.length) {
        if (length > MAX_MESSAGE_BYTES) {
          this.#skip = end - bytes.length;
          at = bytes.length;
        }
        break;
      }
      this.#onMessage(bytes[at]!, bytes.subarray(at + 4, end));
      at = end;
    }
    this.#held = new Uint8Array(bytes.subarray(at));
  }

  reset(): void {
    this.#held = new Uint8Array(0);
    this.#skip = 0;
  }
}

/** The longest handshake message that is looked into: 64 KiB (certificates may be longer and are passed over). */
const MAX_MESSAGE_BYTES = 64 * 1024;

/** Parses a ClientHello's body; undefined when it is not one. */
export function parseClientHello(body: Uint8Array): ClientHello | undefined {
  const reader = new ByteReader(body);
  const version = reader.number(2);
  const random = reader.bytes(32).slice();
  const sessionId = reader.vector(1).slice();
  const cipherSuites = reader.numbers(2, 2);
  reader.vector(1);
  if (reader.failed || version >> 8 !== 3 || cipherSuites.length === 0) return undefined;
  const hello = {
    serverName: undefined as string | undefined,
    alpn: [] as string[],
    supportedVersions: [] as number[],
    signatureAlgorithms: [] as number[],
    ticket: new Uint8Array(0),
  };
  const extensions: number[] = [];
  for (const [type, data] of readExtensions(reader)) {
    extensions.push(type);
    const content = new ByteReader(data);
    if (type === EXTENSION.serverName) hello.serverName = readServerName(content);
    else if (type === EXTENSION.alpn) hello.alpn = readProtocols(content);
    else if (type === EXTENSION.supportedVersions) hello.supportedVersions = content.numbers(1, 2);
    else if (type === EXTENSION.signatureAlgorithms) hello.signatureAlgorithms = content.numbers(2, 2);
    else if (type === EXTENSION.sessionTicket) hello.ticket = new Uint8Array(data);
  }
  return { version, random, sessionId, cipherSuites, extensions, ...hello };
}

/** Parses a ServerHello's body; undefined when it is not one. */
export function parseServerHello(body: Uint8Array): ServerHello | undefined {
  const reader = new ByteReader(body);
  let version = reader.number(2);
  const random = reader.bytes(32).slice();
  const sessionId = reader.vector(1).slice();
  const cipherSuite = reader.number(2);
  reader.number(1);
  if (reader.failed || version >> 8 !== 3) return undefined;
  let alpn: string | undefined;
  let encryptThenMac = false;
  for (const [type, data] of readExtensions(reader)) {
    const content = new ByteReader(data);
    if (type === EXTENSION.supportedVersions) version = content.number(2);
    else if (type === EXTENSION.alpn) alpn = readProtocols(content)[0];
    else if (type === EXTENSION.encryptThenMac) encryptThenMac = true;
  }
  return {
    version,
    random,
    sessionId,
    cipherSuite,
    alpn,
    encryptThenMac,
    helloRetryRequest: RETRY_RANDOM.every((byte, index) => random[index] === byte),
  };
}

/** The protocol that TLS 1.3's EncryptedExtensions (RFC 8446 §4.3.1) name. */
export function parseEncryptedExtensions(body: Uint8Array): { alpn: string | undefined } {
  for (const [type, data] of readExtensions(new ByteReader(body))) {
    if (type === EXTENSION.alpn) return { alpn: readProtocols(new ByteReader(data))[0] };
  }
  return { alpn: undefined };
}

/** The ticket of a NewSessionTicket of TLS 1.2 (RFC 5077 §3.3). */
export function parseSessionTicket(body: Uint8Array): Uint8Array {
  const reader = new ByteReader(body);
  reader.number(4);
  return reader.vector(2).slice();
}

/** A GREASE value (RFC 8701): 0x0a0a, 0x1a1a, … 0xfafa. */
export function isGrease(value: number): boolean {
  return (value & 0x0f0f) === 0x0a0a && value >> 8 === (value & 0xff);
}

function* readExtensions(reader: ByteReader): Iterable<[type: number, data: Uint8Array]> {
  if (reader.left === 0) return;
  const extensions = new ByteReader(reader.vector(2));
  while (extensions.left >= 4) {
    const type = extensions.number(2);
    const data = extensions.vector(2);
    if (extensions.failed) return;
    yield [type, data];
  }
}

/** RFC 6066 §3: a list of names, of which only host names are defined. */
function readServerName(reader: ByteReader): string | undefined {
  const names = new ByteReader(reader.vector(2));
  while (names.left > 0) {
    const type = names.number(1);
    const name = names.vector(2);
    if (type === 0 && !names.failed) return readAscii(name);
  }
  return undefined;
}

/** RFC 7301 §3.1. */
function readProtocols(reader: ByteReader): string[] {
  const names = new ByteReader(reader.vector(2));
  const protocols: string[] = [];
  while (names.left > 0) protocols.push(readAscii(names.vector(1)));
  return protocols;
}

function readAscii(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

/** The random of a HelloRetryRequest: SHA-256 of that name (RFC 8446 §4.1.3). */
const RETRY_RANDOM = [
  0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11,
  0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];
