import { base64, client, header, join, lines, type Piece, type Plant, server } from "./shape.ts";

/** Protocols beside HTTP/1, and what runs in it. */
export const CONNECTION_PLANTS: Readonly<Record<string, Plant>> = {
  "SMTP AUTH PLAIN": (s) =>
    lines("S: 220 mx", "C: EHLO x", "S: 250 AUTH PLAIN", `C: AUTH PLAIN ${base64(`\0bob\0${s}`)}`, "S: 235 ok"),
  "SMTP AUTH LOGIN": (s) =>
    lines(
      "S: 220 mx",
      "C: EHLO x",
      "S: 250 ok",
      "C: AUTH LOGIN",
      "S: 334 VXNlcm5hbWU6",
      `C: ${base64("bob")}`,
      "S: 334 UGFzc3dvcmQ6",
      `C: ${base64(s)}`,
      "S: 235 ok",
    ),
  "SMTP AUTH in two": (s) =>
    lines(
      "S: 220 mx",
      "C: EHLO x",
      "S: 250 ok",
      "C: AUTH PLAIN",
      "S: 334 ",
      `C: ${base64(`\0bob\0${s}`)}`,
      "S: 235 ok",
    ),
  "SMTP XOAUTH2": (s) =>
    lines(
      "S: 220 mx",
      "C: EHLO x",
      "S: 250 ok",
      `C: AUTH XOAUTH2 ${base64(`user=b\x01auth=Bearer ${s}\x01\x01`)}`,
      "S: 235 ok",
    ),
  "SMTP message": (s) =>
    lines("S: 220 mx", "C: DATA", "S: 354 go", "C: Subject: x", "C: ", `C: Your password: ${s}`, "C: ."),
  "POP3 PASS": (s) => lines("S: +OK", "C: USER bob", "S: +OK", `C: PASS ${s}`, "S: +OK in"),
  "POP3 APOP": (s) => lines("S: +OK <1@x>", `C: APOP bob ${s}`, "S: +OK in"),
  "POP3 AUTH": (s) => lines("S: +OK", "C: AUTH PLAIN", "S: + ", `C: ${base64(`\0bob\0${s}`)}`, "S: +OK in"),
  "IMAP LOGIN": (s) => lines("S: * OK", `C: a1 LOGIN bob ${s}`, "S: a1 OK in"),
  "IMAP LOGIN, quoted": (s) => lines("S: * OK", `C: a1 login "bob" "${s}"`, "S: a1 OK in"),
  "IMAP LOGIN, literal": (s) =>
    lines("S: * OK", "C: a1 LOGIN {3}", "S: + ok", `C: bob {${s.length}}`, "S: + ok", `C: ${s}`, "S: a1 OK"),
  "IMAP LOGIN, escaped": (s) => lines("S: * OK IMAP4rev1", `C: A001 LOGIN "bob" "a\\"${s}"`, "S: A001 OK"),
  "IMAP AUTHENTICATE": (s) =>
    lines("S: * OK", "C: a1 AUTHENTICATE PLAIN", "S: +", `C: ${base64(`\0bob\0${s}`)}`, "S: a1 OK"),
  "FTP PASS": (s) => lines("S: 220 ftp", "C: USER bob", "S: 331 pw", `C: PASS ${s}`, "S: 230 in"),
  "FTP ACCT": (s) =>
    lines("S: 220 ftp", "C: USER bob", "S: 331 pw", "C: PASS x", "S: 332 acct", `C: ACCT ${s}`, "S: 230 in"),
  "FTP SITE": (s) =>
    lines("S: 220 ftp", "C: USER bob", "S: 331 pw", "C: PASS x", "S: 230 in", `C: SITE PSWD old ${s}`, "S: 200 ok"),
  "IRC PASS": (s) => lines(`C: PASS :${s}`, "C: NICK bob", "S: :x 001 bob"),
  NNTP: (s) => lines("S: 200 nntp", "C: AUTHINFO USER bob", "S: 381 pw", `C: AUTHINFO PASS ${s}`, "S: 281 in"),
  memcached: (s) => lines(`C: set session:1:password 0 0 ${s.length}`, `C: ${s}`, "S: STORED"),
  telnet: (s) => lines("S: login: ", "C: bob", "S: Password: ", `C: ${s}`, "S: Welcome"),
  STOMP: (s) => [client(`CONNECT\nlogin:bob\npasscode:${s}\n\n\0`), server("CONNECTED\nversion:1.2\n\n\0")],
  NATS: (s) => [
    server('INFO {"server_id":"x"}\r\n'),
    client(`CONNECT {"user":"bob","pass":"${s}","auth_token":"${s}"}\r\n`),
    server("+OK\r\n"),
  ],
  SIP: (s) => [
    client(`REGISTER sip:x SIP/2.0\r\nAuthorization: Digest username="b", response="${s}"\r\n\r\n`),
    server("SIP/2.0 200 OK\r\n\r\n"),
  ],
  RTSP: (s) => [
    client(`DESCRIBE rtsp://bob:${s}@cam/1 RTSP/1.0\r\nCSeq: 1\r\n\r\n`),
    server("RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n"),
  ],
  MQTT: (s) => [
    client(
      join(
        Uint8Array.of(0x10, 50, 0, 4),
        "MQTT",
        Uint8Array.of(4, 0xc2, 0, 60, 0, 1),
        "c",
        Uint8Array.of(0, 3),
        "bob",
        Uint8Array.of(0, s.length),
        s,
      ),
    ),
    server(Uint8Array.of(0x20, 2, 0, 0)),
  ],
  PostgreSQL: (s) => [
    client(join(Uint8Array.of(0, 0, 0, 18, 0, 3, 0, 0), "user\0bob\0\0")),
    server(Uint8Array.of(0x52, 0, 0, 0, 8, 0, 0, 0, 3)),
    client(join("p", Uint8Array.of(0, 0, 0, s.length + 5), s, Uint8Array.of(0))),
    server(Uint8Array.of(0x52, 0, 0, 0, 8, 0, 0, 0, 0)),
  ],
  LDAP: (s) => [
    client(join(Uint8Array.of(0x30, 44, 2, 1, 1, 0x60, 39, 2, 1, 3, 4, 6), "cn=bob", Uint8Array.of(0x80, s.length), s)),
    server(Uint8Array.of(0x30, 12, 2, 1, 1, 0x61, 7, 10, 1, 0, 4, 0, 4, 0)),
  ],
  "Redis AUTH": (s) => redis(["AUTH", s], "+OK\r\n"),
  "Redis AUTH with a user": (s) => redis(["auth", "bob", s], "+OK\r\n"),
  "Redis HELLO": (s) => redis(["HELLO", "3", "AUTH", "bob", s], "%1\r\n$6\r\nserver\r\n$5\r\nredis\r\n"),
  "Redis inline AUTH": (s) => [client(`AUTH ${s}\r\nPING\r\n`), server("+OK\r\n+PONG\r\n")],
  "Redis CONFIG": (s) => redis(["CONFIG", "SET", "requirepass", s], "+OK\r\n"),
  "Redis ACL": (s) => redis(["ACL", "SETUSER", "bob", "on", `>${s}`], "+OK\r\n"),
  "Redis MIGRATE": (s) => redis(["MIGRATE", "h", "6379", "k", "0", "10", "AUTH", s], "+OK\r\n"),
  "Redis SET": (s) => redis(["SET", "user:1:api_key", s], "+OK\r\n"),
  "Redis SET of JSON": (s) => redis(["SET", "user:1", JSON.stringify({ password: s })], "+OK\r\n"),
  "Redis HSET": (s) => redis(["HSET", "user:1", "name", "bob", "password", s], ":1\r\n"),
  "Redis HGETALL": (s) =>
    redis(["HGETALL", "user:1"], `*4\r\n$4\r\nname\r\n$3\r\nbob\r\n$8\r\npassword\r\n$${s.length}\r\n${s}\r\n`),
  "Redis XADD": (s) => redis(["XADD", "s", "*", "user", "bob", "secret", s], "$3\r\n1-0\r\n"),
  "Redis SENTINEL, inline": (s) => [client(`SENTINEL SET main auth-pass ${s}\r\n`), server("+OK\r\n")],
  "Redis GET": (s) => redis(["GET", "oauth:access_token"], `$${s.length}\r\n${s}\r\n`),
  "Redis PUBLISH": (s) => redis(["PUBLISH", "c", `token=${s}`], ":1\r\n"),
  "Redis error": (s) => redis(["EVAL", "x", "0"], `-ERR bad password=${s}\r\n`),
  "WebSocket's subprotocol": (s) =>
    header("Connection: Upgrade", "Upgrade: websocket", `Sec-WebSocket-Protocol: access_token, ${s}`),
  "WebSocket text": (s) => webSocket(text(`{"op":2,"d":{"token":"${s}"}}`)),
  "WebSocket text, plain": (s) => webSocket(text(`AUTH password=${s}`)),
  "WebSocket, escaped JSON": (s) => webSocket(text(JSON.stringify({ data: JSON.stringify({ apiKey: s }) }))),
  "WebSocket binary": (s) => webSocket(text(`{"password":"${s}"}`, 0x82)),
  "WebSocket fragments": (s) =>
    webSocket(text(`{"pass`, 0x01), text(`word":"${s.slice(0, 9)}`, 0x00), text(`${s.slice(9)}"}`, 0x80)),
  "WebSocket STOMP": (s) => webSocket(text(`CONNECT\nlogin:bob\npasscode:${s}\n\n\0`)),
  "WebSocket Socket.IO": (s) => webSocket(text(`42["login",{"password":"${s}"}]`)),
  "HTTP/2 header": (s) => http2([["x-acme-token", s]]),
  "HTTP/2 authority": (s) => http2([[":authority", `bob:${s}@shop.example`]]),
  "HTTP/2 path": (s) => http2([[":path", `/p?client_secret=${s}`]]),
  "HTTP/2 cookie": (s) =>
    http2([
      ["cookie", "a=b"],
      ["cookie", `sid=${s}`],
    ]),
  "HTTP/2 never indexed": (s) => http2([["x-acme-thing", s, "never"]]),
  "HTTP/2 answer": (s) => http2([], [["set-cookie", `sid=${s}; Path=/`]]),
  "HTTP/2 trailers": (s) => http2([], [], [["x-refresh-token", s]]),
  "HTTP/2 debug data": (s) => [
    ...http2([]),
    server(join(Uint8Array.of(0, 0, 8 + s.length + 9, 7, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0), `password=${s}`)),
  ],
  "HTTP/2 JSON": (s) => http2([["content-type", "application/json"]], [], [], JSON.stringify({ password: s })),
  "gRPC metadata": (s) => grpc([["x-api-key", s]]),
  "gRPC metadata, binary": (s) => grpc([["x-auth-bin", base64(s)]]),
  "gRPC bearer": (s) => grpc([["authorization", `bearer ${s}`]]),
  "gRPC JSON in a message": (s) =>
    grpc([], new Uint8Array(join(Uint8Array.of(10, 15 + s.length), `{"password":"${s}"}`))),
  "gRPC status message": (s) =>
    grpc([], Uint8Array.of(8, 1), [
      ["grpc-status", "16"],
      ["grpc-message", `bad token=${s}`],
    ]),
};

function redis(command: readonly string[], reply: string): readonly Piece[] {
  const items = command.map((item) => `$${item.length}\r\n${item}\r\n`).join("");
  return [client(`*${command.length}\r\n${items}`), server(reply)];
}

function webSocket(...frames: readonly Uint8Array[]): readonly Piece[] {
  const head = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-";
  return [
    client(
      `GET /ws HTTP/1.1\r\nHost: h\r\n${head}Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${head.slice(41)}Version: 13\r\n\r\n`,
    ),
    server(`HTTP/1.1 101 Switching Protocols\r\n${head}Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n`),
    ...frames.map(client),
  ];
}

/** A masked frame, of the mask zero. */
function text(content: string, first = 0x81): Uint8Array {
  const size = Buffer.byteLength(content);
  const length = size < 126 ? [0x80 | size] : [0xfe, size >> 8, size & 255];
  return join(Uint8Array.of(first, ...length, 0, 0, 0, 0), content);
}

type Field = readonly [name: string, value: string, "never"?];

function http2(
  fields: readonly Field[],
  answered: readonly Field[] = [],
  trailers: readonly Field[] = [],
  body = "",
): readonly Piece[] {
  const own = new Set(fields.map(([name]) => name));
  const pseudo = (
    [
      [":method", body === "" ? "GET" : "POST"],
      [":scheme", "http"],
      [":path", "/orders"],
      [":authority", "shop.example"],
    ] as const
  ).filter(([name]) => !own.has(name));
  const [first, rest] = [
    fields.filter(([name]) => name.startsWith(":")),
    fields.filter(([name]) => !name.startsWith(":")),
  ];
  const sent = block([...pseudo, ...first, ...rest]);
  const got = block([[":status", "200"], ...answered]);
  return [
    client(
      join(
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        frameOf(4, 0, 0),
        frameOf(1, body === "" ? 5 : 4, 1, sent),
        ...(body === "" ? [] : [frameOf(0, 1, 1, join(body))]),
      ),
    ),
    server(
      join(
        frameOf(4, 0, 0),
        frameOf(1, trailers.length > 0 ? 4 : 5, 1, got),
        ...(trailers.length > 0 ? [frameOf(1, 5, 1, block(trailers))] : []),
      ),
    ),
  ];
}

function grpc(
  fields: readonly Field[],
  message = Uint8Array.of(8, 1),
  trailers: readonly Field[] = [["grpc-status", "0"]],
): readonly Piece[] {
  const data = join(Uint8Array.of(0, 0, 0, 0, message.length), message);
  const sent = block([
    [":method", "POST"],
    [":scheme", "http"],
    [":path", "/shop.Orders/Get"],
    [":authority", "h"],
    ["content-type", "application/grpc"],
    ["te", "trailers"],
    ...fields,
  ]);
  const got = block([
    [":status", "200"],
    ["content-type", "application/grpc"],
  ]);
  return [
    client(join("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", frameOf(4, 0, 0), frameOf(1, 4, 1, sent), frameOf(0, 1, 1, data))),
    server(join(frameOf(4, 0, 0), frameOf(1, 4, 1, got), frameOf(0, 0, 1, data), frameOf(1, 5, 1, block(trailers)))),
  ];
}

/** Literals without indexing, of short texts (RFC 7541 §6.2.2). */
function block(fields: readonly Field[]): Uint8Array {
  const string = (value: string) =>
    join(value.length < 127 ? Uint8Array.of(value.length) : Uint8Array.of(127, (value.length - 127) & 127), value);
  return join(
    ...fields.flatMap(([name, value, never]) => [Uint8Array.of(never ? 0x10 : 0), string(name), string(value)]),
  );
}

function frameOf(type: number, flags: number, stream: number, payload: Uint8Array = new Uint8Array(0)): Uint8Array {
  return join(
    Uint8Array.of(payload.length >> 16, payload.length >> 8, payload.length, type, flags, 0, 0, 0, stream),
    payload,
  );
}
