/** How long a side's part of the handshake is; `more`: what was seen does not tell yet; `none`: it is none. */
export type HandshakeLength = number | "more" | "none";

/**
 * The client's part, of SOCKS 5 (RFC 1928: methods, RFC 1929: user name and password, request) or 4 and 4a (its request).
 * A client that asks before it is answered sends all of it at once.
 */
export function measureClient(data: Uint8Array): HandshakeLength {
  if (data[0] === VERSION_4) return measureRequest4(data);
  if (data[0] !== VERSION_5) return data.length === 0 ? "more" : "none";
  if (data[1] === 0) return "none";
  let at = 2 + (data[1] ?? 0);
  if (data[at] === LOGIN_VERSION) {
    at += 2 + (data[at + 1] ?? 0);
    at += 1 + (data[at] ?? 0);
  }
  return data.length <= at ? "more" : measureAddressed(data, at, isCommand);
}

/**
 * The server's part: the method that it chose, what it says of the login, and its reply (two of them where the client asked it to
 * listen), or the reply of SOCKS 4.
 * @param client what the client sent before it, as far as it is held
 */
export function measureServer(data: Uint8Array, client: Uint8Array): HandshakeLength {
  const replies = commandOf(client) === BIND ? 2 : 1;
  if (client[0] === VERSION_4) {
    if (!isReply4(data)) return "none";
    return data.length < replies * REPLY_4 ? "more" : replies * REPLY_4;
  }
  if (data.length > 0 && data[0] !== VERSION_5) return "none";
  if (data.length < 2) return "more";
  const method = data[1]!;
  if (method === NO_METHOD) return 2;
  if (method !== NO_LOGIN && method !== LOGIN) return "none";
  let at: HandshakeLength = method === LOGIN ? 4 : 2;
  if (method === LOGIN && data.length > 2 && data[2] !== LOGIN_VERSION) return "none";
  for (let i = 0; i < replies; i++) {
    if (data.length <= at) return "more";
    at = measureAddressed(data, at, isReply);
    if (typeof at === "string") return at;
  }
  return at;
}

/** Whether a server's first bytes choose one of the methods that the client offers (or none), or are a reply of SOCKS 4. */
export function answers(server: Uint8Array, client: Uint8Array): "yes" | "no" | "more" {
  if (server.length === 0) return "more";
  const isAnswer = client[0] === VERSION_4 ? isReply4(server) : server[0] === VERSION_5;
  if (!isAnswer) return "no";
  if (server.length < 2 || client.length < 2) return "more";
  if (client[0] === VERSION_4) return "yes";
  const offered = client.subarray(2, 2 + client[1]!);
  return server[1] === NO_METHOD || offered.includes(server[1]!) ? "yes" : "no";
}

/** Bytes of the longest part: methods, login and request with a name. */
export const LONGEST_HANDSHAKE = 2 + 255 + 3 + 255 + 255 + 7 + 255;

/** Version, command or reply, a zero, and an address with its port. */
function measureAddressed(data: Uint8Array, start: number, isCode: (code: number) => boolean): HandshakeLength {
  const [version, code, reserved, type] = data.subarray(start, start + 4);
  if (version !== VERSION_5 || (code !== undefined && !isCode(code)) || (reserved ?? 0) !== 0) return "none";
  if (type === undefined) return "more";
  const address = start + 4;
  const length = type === IPV4 ? 4 : type === IPV6 ? 16 : type === NAME ? 1 + (data[address] ?? 0) : undefined;
  if (length === undefined) return "none";
  const end = address + length + 2;
  return data.length < end ? "more" : end;
}

/** Version, command, port, address, a user's name that ends with a zero, and in 4a (the address is 0.0.0.x) such a host. */
function measureRequest4(data: Uint8Array): HandshakeLength {
  if (data[1] !== undefined && data[1] !== CONNECT && data[1] !== BIND) return "none";
  const isNamed = data[4] === 0 && data[5] === 0 && data[6] === 0 && data[7] !== 0;
  let at = 8;
  for (let texts = isNamed ? 2 : 1; texts > 0; texts--) {
    const end = data.subarray(0, LONGEST_HANDSHAKE).indexOf(0, at);
    if (end === -1 || data.length < at) return data.length < LONGEST_HANDSHAKE ? "more" : "none";
    at = end + 1;
  }
  return at;
}

function isReply4(data: Uint8Array): boolean {
  return data[0] === 0 && (data[1] === undefined || (data[1] >= 0x5a && data[1] <= 0x5d));
}

/** The request's, once it is held. */
function commandOf(client: Uint8Array): number | undefined {
  if (client[0] === VERSION_4) return client[1];
  let at = 2 + (client[1] ?? 0);
  if (client[at] === LOGIN_VERSION) {
    at += 2 + (client[at + 1] ?? 0);
    at += 1 + (client[at] ?? 0);
  }
  return client[at + 1];
}

/** RFC 1928's, and Tor's RESOLVE and RESOLVE_PTR. */
function isCommand(code: number): boolean {
  return (code >= CONNECT && code <= 3) || code === 0xf0 || code === 0xf1;
}

/** RFC 1928's, and what Tor and others add behind them. */
function isReply(code: number): boolean {
  return code <= 8 || code >= 0xf0;
}

const VERSION_4 = 4;
const VERSION_5 = 5;
const LOGIN_VERSION = 1;
const NO_LOGIN = 0;
const LOGIN = 2;
const NO_METHOD = 0xff;
const CONNECT = 1;
const BIND = 2;
const IPV4 = 1;
const NAME = 3;
const IPV6 = 4;
const REPLY_4 = 8;
