/** Where something begins in the bytes of a client, and where it ends. */
export type Extent = readonly [start: number, end: number];

/**
 * Finds the passwords with which clients log in, in protocols whose messages are binary, or whose answers have no names: MQTT (3.1 to 5.0,
 * §3.1), LDAP's bind (RFC 4511 §4.2), SOCKS 5 (RFC 1929), PostgreSQL's PasswordMessage, AMQP 0-9-1's PLAIN, and what follows a server's
 * prompt (telnet). Looks at the first messages alone.
 * @param client all that it has sent, or the beginning of it
 */
export function findLogins(client: Uint8Array, server: Uint8Array): readonly Extent[] {
  for (const find of [findMqtt, findSocks, findLdap, findPostgres, findAmqp]) {
    const found = find(new Cursor(client));
    if (found !== undefined) return [found];
  }
  return findPrompted(client, server);
}

/** Reads bytes in network order; past the end it gives -1. */
class Cursor {
  readonly bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  byte(): number {
    return this.at < this.bytes.length ? this.bytes[this.at++]! : -1;
  }

  number(size: number): number {
    let value = 0;
    for (let count = 0; count < size; count++) {
      const byte = this.byte();
      if (byte < 0) return -1;
      value = value * 256 + byte;
    }
    return value;
  }

  /** Skips what has its length, of so many bytes, before it. Undefined where that is more than there is. */
  field(size: number): Extent | undefined {
    const length = this.number(size);
    const start = this.at;
    if (length < 0 || start + length > this.bytes.length) return undefined;
    this.at = start + length;
    return [start, this.at];
  }

  /** MQTT's (§1.5.5). */
  variable(): number {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.byte();
      if (byte < 0) return -1;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return -1;
  }

  /** An element of BER with this tag: its content. */
  element(tag: number): Extent | undefined {
    if (this.byte() !== tag) return undefined;
    const first = this.byte();
    if (first < 0) return undefined;
    const length = first < 0x80 ? first : first < 0x85 ? this.number(first & 0x7f) : -1;
    return length < 0 ? undefined : [this.at, this.at + length];
  }

  text([start, end]: Extent): string {
    return String.fromCharCode(...this.bytes.subarray(start, Math.min(end, start + 64)));
  }
}

function findMqtt(cursor: Cursor): Extent | undefined {
  if (cursor.byte() !== 0x10 || cursor.variable() < 0) return undefined;
  const name = cursor.field(2);
  if (name === undefined || !/^MQ(?:TT|Isdp)$/.test(cursor.text(name))) return undefined;
  const [level, flags] = [cursor.byte(), cursor.byte()];
  cursor.number(2);
  const skipProperties = () => {
    if (level < 5) return;
    const length = cursor.variable();
    cursor.at += Math.max(0, length);
  };
  skipProperties();
  cursor.field(2);
  if ((flags & 0x04) !== 0) {
    skipProperties();
    cursor.field(2);
    cursor.field(2);
  }
  if ((flags & 0x80) !== 0) cursor.field(2);
  return (flags & 0x40) === 0 ? undefined : cursor.field(2);
}

function findSocks(cursor: Cursor): Extent | undefined {
  if (cursor.byte() !== 5 || cursor.field(1) === undefined || cursor.byte() !== 1) return undefined;
  return cursor.field(1) === undefined ? undefined : cursor.field(1);
}

function findLdap(cursor: Cursor): Extent | undefined {
  for (let messages = 0; messages < MAX_MESSAGES; messages++) {
    const message = cursor.element(0x30);
    const id = message && cursor.element(0x02);
    if (message === undefined || id === undefined) return undefined;
    cursor.at = id[1];
    const found = findBind(cursor);
    if (found !== undefined) return found;
    cursor.at = message[1];
  }
  return undefined;
}

/** Its version, its name, and then a password, or a mechanism of SASL with what that needs. */
function findBind(cursor: Cursor): Extent | undefined {
  if (cursor.element(0x60) === undefined) return undefined;
  for (const tag of [0x02, 0x04]) {
    const element = cursor.element(tag);
    if (element === undefined) return undefined;
    cursor.at = element[1];
  }
  const before = cursor.at;
  const simple = cursor.element(0x80);
  if (simple !== undefined) return simple;
  cursor.at = before;
  const mechanism = cursor.element(0xa3) && cursor.element(0x04);
  if (mechanism === undefined) return undefined;
  cursor.at = mechanism[1];
  return cursor.element(0x04);
}

function findPostgres(cursor: Cursor): Extent | undefined {
  let length = cursor.number(4);
  let version = cursor.number(4);
  // A server that has no GSSAPI and no TLS lets the client go on without; it is asked once for each.
  for (let asked = 0; asked < 2 && length === 8 && ENCRYPTION_REQUESTS.has(version); asked++) {
    length = cursor.number(4);
    version = cursor.number(4);
  }
  if (version !== PROTOCOL_3) return undefined;
  cursor.at += length - 8;
  for (let messages = 0; messages < MAX_MESSAGES; messages++) {
    const type = cursor.byte();
    const size = cursor.number(4);
    if (size < 4) return undefined;
    if (type === 0x70) return [cursor.at, cursor.at + size - 4];
    cursor.at += size - 4;
  }
  return undefined;
}

/** SSLRequest, GSSENCRequest. */
const ENCRYPTION_REQUESTS: ReadonlySet<number> = new Set([80877103, 80877104]);
const PROTOCOL_3 = 0x30000;

/** The response of SASL's PLAIN in Connection.StartOk. */
function findAmqp(cursor: Cursor): Extent | undefined {
  if (cursor.text([0, 4]) !== "AMQP") return undefined;
  const head = String.fromCharCode(...cursor.bytes.subarray(0, 4096));
  const plain = head.indexOf("\x05PLAIN");
  if (plain < 0) return undefined;
  cursor.at = plain + 6;
  return cursor.field(4);
}

const MAX_MESSAGES = 16;

/** The lines of a client that answer a prompt for a password: as many prompts as it was asked, so many lines it has sent. */
function findPrompted(client: Uint8Array, server: Uint8Array): Extent[] {
  const asked = String.fromCharCode(...server.subarray(0, 4096));
  if (!/pass(?:word|phrase|code)[ \t]{0,4}[:>]/i.test(asked)) return [];
  const prompts = Array.from(asked.matchAll(PROMPT), ([, what]) => /^(?:pass|pin|otp|verif)/i.test(what!));
  const lines: Extent[] = [];
  for (let start = 0; start < client.length && lines.length < prompts.length; ) {
    const feed = client.indexOf(0x0a, start);
    const end = feed < 0 ? client.length : feed;
    lines.push([start, client[end - 1] === 0x0d ? end - 1 : end]);
    start = end + 1;
  }
  return lines.filter(([start, end], line) => prompts[line] === true && end > start);
}

const PROMPT =
  /(?:^|[\r\n])[^\r\n:>]{0,64}?\b(login|user(?:[ -]?name)?|pass(?:word|phrase|code)|pin|otp|verification code)[ \t]{0,4}[:>][ \t]{0,4}(?=[\r\n]|$)/gi;
