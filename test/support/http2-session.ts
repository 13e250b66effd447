import http2 from "node:http2";
import { Duplex } from "node:stream";
import type { Direction } from "../../src/model/index.ts";

/** Bytes of a connection, seen from its server: `read` is what the client sent. */
export interface RecordedChunk {
  readonly direction: Direction;
  readonly data: Uint8Array;
}

/**
 * Runs a client against a server of node:http2 (nghttp2) over memory, and gives what they sent, in order.
 *
 * @param drive sends the requests and waits for their end
 */
export async function recordHttp2Session(
  listener: (request: http2.Http2ServerRequest, response: http2.Http2ServerResponse) => void,
  drive: (client: http2.ClientHttp2Session) => Promise<void>,
  options: { server?: http2.ServerOptions; client?: http2.ClientSessionOptions } = {},
): Promise<RecordedChunk[]> {
  const chunks: RecordedChunk[] = [];
  const [clientEnd, serverEnd] = createRecordedPair(chunks);
  const server = http2.createServer(options.server ?? {}, listener);
  server.emit("connection", serverEnd);
  const client = http2.connect("http://example.test", { ...options.client, createConnection: () => clientEnd });
  try {
    await drive(client);
    await new Promise<void>((resolve) => client.close(() => resolve()));
  } finally {
    client.destroy();
    clientEnd.destroy();
    serverEnd.destroy();
    server.close();
  }
  return chunks;
}

/** One request; gives its response's status and body. */
export function sendRequest(
  client: http2.ClientHttp2Session,
  headers: http2.OutgoingHttpHeaders,
  body?: string | Uint8Array,
): Promise<{ status: number; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const stream = client.request(headers, { endStream: body === undefined });
    const parts: Buffer[] = [];
    let status = 0;
    stream.on("response", (response) => {
      status = response[":status"] ?? 0;
    });
    stream.on("data", (part: Buffer) => parts.push(part));
    stream.on("end", () => resolve({ status, body: Buffer.concat(parts) }));
    stream.on("error", reject);
    if (body !== undefined) stream.end(body);
  });
}

/** Two ends of a connection in memory; what they write is recorded. */
function createRecordedPair(chunks: RecordedChunk[]): [client: Duplex, server: Duplex] {
  const createEnd = (direction: Direction, peer: () => Duplex): Duplex =>
    new Duplex({
      read() {},
      write(data: Buffer, _encoding, done) {
        chunks.push({ direction, data: new Uint8Array(data) });
        setImmediate(() => {
          if (!peer().destroyed) peer().push(data);
          done();
        });
      },
      final(done) {
        setImmediate(() => peer().push(null));
        done();
      },
    });
  const client: Duplex = createEnd("read", () => server);
  const server: Duplex = createEnd("write", () => client);
  return [client, server];
}
