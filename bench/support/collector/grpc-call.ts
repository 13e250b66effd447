import type { ClientHttp2Session, ClientHttp2Stream } from "node:http2";

/** Begins a call of gRPC. */
export function openCall(session: ClientHttp2Session, path: string): ClientHttp2Stream {
  return session.request({
    ":method": "POST",
    ":path": path,
    "content-type": "application/grpc",
    te: "trailers",
  });
}

/** A message with its length before it. */
export function frame(message: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}
