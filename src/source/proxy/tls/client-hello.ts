import { concatenate } from "../../../wire/bytes/concatenate.ts";

/** A ClientHello, as far as the proxy needs it. */
export interface ClientHello {
  readonly serverName?: string;
  /** In the client's order; empty when it offers none. */
  readonly alpnOffered: readonly string[];
}

/** A hello that is longer is not waited for (RFC 8446 §4 allows 2^24; the largest in use, post-quantum shares included, have 2 KiB). */
export const MAX_CLIENT_HELLO = 64 * 1024;

const HANDSHAKE_RECORD = 22;
/** The same in SSL 3.0 and every TLS. */
const MAJOR_VERSION = 3;
/** RFC 8446 §5.1: a record in plaintext. */
const MAX_RECORD = 2 ** 14;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;
const ALPN = 16;

/**
 * Reads the ClientHello (RFC 8446 §4.1.2; the same layout since TLS 1.0) at the start of a stream.
 *
 * @returns `incomplete` while more bytes are needed, and `invalid` for what is not one
 */
export function parseClientHello(stream: Uint8Array): ClientHello | "incomplete" | "invalid" {
  const message = joinHandshakeRecords(stream);
  if (typeof message === "string") return message;
  try {
    return readHello(new Reader(message));
  } catch (error) {
    if (error instanceof RangeError) return "invalid";
    throw error;
  }
}

/** The first handshake message, which may be spread over several records, without its header. */
function joinHandshakeRecords(stream: Uint8Array): Uint8Array | "incomplete" | "invalid" {
  const fragments: Uint8Array[] = [];
  let joined = 0;
  let wanted = Number.POSITIVE_INFINITY;
  for (let at = 0; joined < wanted; ) {
    // Whatever TLS is given, it reads so much of it before it says that it is none: until then the end has to be watched for.
    if (at + 5 > stream.length) return "incomplete";
    if (stream[at] !== HANDSHAKE_RECORD || stream[at + 1] !== MAJOR_VERSION) return "invalid";
    const size = stream[at + 3]! * 256 + stream[at + 4]!;
    if (size === 0 || size > MAX_RECORD) return "invalid";
    if (at + 5 + size > stream.length) return "incomplete";
    fragments.push(stream.subarray(at + 5, at + 5 + size));
    joined += size;
    at += 5 + size;
    if (joined >= 4 && wanted === Number.POSITIVE_INFINITY) {
      const head = concatenate(fragments);
      if (head[0] !== CLIENT_HELLO) return "invalid";
      wanted = 4 + head[1]! * 65536 + head[2]! * 256 + head[3]!;
      if (wanted > MAX_CLIENT_HELLO) return "invalid";
    }
  }
  return concatenate(fragments).subarray(4, wanted);
}

function readHello(hello: Reader): ClientHello {
  hello.skip(2 + 32);
  hello.take(hello.uint8());
  hello.take(hello.uint16());
  hello.take(hello.uint8());
  const found: { serverName?: string; alpnOffered: string[] } = { alpnOffered: [] };
  if (hello.done) return found;
  const extensions = hello.take(hello.uint16());
  while (!extensions.done) {
    const type = extensions.uint16();
    const body = extensions.take(extensions.uint16());
    if (type === SERVER_NAME && !body.done) {
      const names = body.take(body.uint16());
      // Type 0 is the only one there is: host_name (RFC 6066 §3).
      if (!names.done && names.uint8() === 0) found.serverName = names.take(names.uint16()).text();
    } else if (type === ALPN) {
      const protocols = body.take(body.uint16());
      while (!protocols.done) found.alpnOffered.push(protocols.take(protocols.uint8()).text());
    }
  }
  return found;
}

/** Reads big-endian numbers and vectors; throws RangeError beyond the end. */
class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  skip(size: number): Uint8Array {
    if (this.#at + size > this.#bytes.length) throw new RangeError("the hello is cut");
    this.#at += size;
    return this.#bytes.subarray(this.#at - size, this.#at);
  }

  uint8(): number {
    return this.skip(1)[0]!;
  }

  uint16(): number {
    const bytes = this.skip(2);
    return bytes[0]! * 256 + bytes[1]!;
  }

  take(size: number): Reader {
    return new Reader(this.skip(size));
  }

  text(): string {
    return String.fromCharCode(...this.#bytes);
  }
}
