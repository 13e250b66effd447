import { constants, createServer, type Http2Server } from "node:http2";

const { HTTP2_HEADER_CONTENT_TYPE, HTTP2_HEADER_PATH, HTTP2_HEADER_STATUS } = constants;

/** One message of gRPC: not compressed, with its length. */
export function grpcMessage(text: string): Buffer {
  const value = Buffer.from(text);
  // Field 1, a text.
  const message = Buffer.concat([Buffer.from([0x0a, value.length]), value]);
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(message.length, 1);
  return Buffer.concat([frame, message]);
}

/** A gRPC service of two methods: one answers with three messages, one fails. */
export function createGrpcService(): Http2Server {
  const server = createServer();
  server.on("stream", (stream, headers) => {
    stream.on("error", () => {}).resume();
    const isKnown = headers[HTTP2_HEADER_PATH] === "/demo.Cart/Watch";
    stream.on("wantTrailers", () =>
      stream.sendTrailers(
        isKnown ? { "grpc-status": "0" } : { "grpc-status": "5", "grpc-message": "there is no such cart" },
      ),
    );
    stream.respond(
      { [HTTP2_HEADER_STATUS]: 200, [HTTP2_HEADER_CONTENT_TYPE]: "application/grpc" },
      { waitForTrailers: true },
    );
    if (isKnown) for (const item of ["apples", "pears", "a tap"]) stream.write(grpcMessage(item));
    stream.end();
  });
  server.on("sessionError", () => {});
  return server;
}
