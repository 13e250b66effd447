import type { DirectedBytes } from "../mutate-pieces.ts";
import { CONNECTION_PLANTS } from "../planted/connections.ts";
import { client, join, type Piece, server } from "../planted/shape.ts";

/** Conversations of every protocol, as they are before something goes wrong. */
export const CONVERSATIONS: Readonly<Record<string, readonly (readonly DirectedBytes[])[]>> = {
  "HTTP/1": [
    [
      client("GET /a HTTP/1.1\r\nHost: h\r\n\r\nHEAD /b HTTP/1.1\r\nHost: h\r\n\r\n"),
      server("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello worldHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"),
    ],
    [
      client("POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"),
      server("HTTP/1.1 100 Continue\r\n\r\n"),
      client("5;x=y\r\nabcde\r\nA\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n"),
      server("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
    ],
    [client("CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n"), server("HTTP/1.1 200 OK\r\n\r\n"), client("\x01\x02in it")],
    [client("GET / HTTP/1.1\r\nHost: h\r\n\r\n"), server(`HTTP/1.1 200 OK\r\n\r\n${"until its end ".repeat(3000)}`)],
    // An answer to what was no request, and then a good one.
    [
      client("G T / HTTP/1.1\r\nHost: x\r\n\r\n"),
      server("HTTP/1.1 200 OK\r\nfoo: bar\r\n\r\nabc"),
      client("GET / HTTP/1.1\r\nHost: h\r\n\r\n"),
    ],
    [
      client("GET /0 HTTP/1.1\r\nHost: a\r\n\r\n"),
      server("HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\naaaaaaaaaa"),
      client("GET /1 HTTP/1.1\r\nhost: a\r\n\r\n".repeat(300)),
      server("bbbbbbbbbb"),
    ],
  ].map(directed),
  "HTTP/2": [
    ...plants("HTTP/2 header", "HTTP/2 JSON", "HTTP/2 trailers", "HTTP/2 debug data"),
    // A tunnel with a request in it.
    directed([
      client("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"),
      server("\0\0\0\x04\0\0\0\0\0"),
      client("\0\0\x18\x01\x04\0\0\0\x01\x02\x07CONNECT\x01\x0dexample.org:8"),
      server(Uint8Array.of(0, 0, 1, 1, 4, 0, 0, 0, 1, 0x88)),
      client("\0\0\x35\0\0\0\0\0\x01POST /in HTTP/1.1\r\nHost: b\r\nContent-Length: 90\r\n\r\nzz"),
      client("\0\0\0\0\x01\0\0\0\x01"),
      server("\0\0\0\0\x01\0\0\0\x01"),
    ]),
  ],
  gRPC: plants("gRPC metadata", "gRPC JSON in a message", "gRPC status message"),
  WebSocket: plants("WebSocket text", "WebSocket binary", "WebSocket fragments"),
  Redis: plants("Redis AUTH", "Redis HELLO", "Redis HGETALL", "Redis error", "Redis inline AUTH"),
  "DNS over TCP": [[client(dns(0x0100, 0)), server(dns(0x8180, 1)), client(dns(0x0100, 0))]].map(directed),
  raw: [
    [server("220 mail ESMTP\r\n"), client("EHLO me\r\n"), server("250 STARTTLS\r\n"), client("STARTTLS\r\n")],
    [client(noise(3000)), server(noise(5000)), client(noise(10))],
  ].map(directed),
};

function plants(...names: readonly string[]): (readonly DirectedBytes[])[] {
  return names.map((name) => directed(CONNECTION_PLANTS[name]!("Zq0123456789abcdef01234567")));
}

function directed(pieces: readonly Piece[]): readonly DirectedBytes[] {
  return pieces.map(([from, bytes]) => ({ direction: from === "client" ? "read" : "write", bytes }));
}

/** A message of DNS behind its length (RFC 1035 §4.2.2), that asks for example.org's address, or answers. */
function dns(flags: number, answers: number): Uint8Array {
  const question = join(Uint8Array.of(7), "example", Uint8Array.of(3), "org", Uint8Array.of(0, 0, 1, 0, 1));
  const answer = Uint8Array.of(0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1);
  const head = Uint8Array.of(0, 7, flags >> 8, flags & 255, 0, 1, 0, answers, 0, 0, 0, 0);
  const message = join(head, question, answers === 1 ? answer : "");
  return join(Uint8Array.of(0, message.length), message);
}

function noise(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, at) => (Math.imul(at ^ (at >> 7), 2654435761) >>> 13) & 255);
}
