import type { Header } from "../../../model/index.ts";

/** The parts of a header block that the analysis needs. A field that is not there, or whose value is unknown, is undefined. */
export interface HeaderFacts {
  /**
   * The kind of message that the block is the head of, by its pseudo-headers (RFC 9113 §8.3), which come first; `none` when it certainly has none
   * (trailers); `unknown` when its first fields are unknown.
   */
  readonly kind: "request" | "response" | "none" | "unknown";
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly scheme: string | undefined;
  readonly authority: string | undefined;
  readonly host: string | undefined;
  /** RFC 8441 §4. */
  readonly protocol: string | undefined;
  readonly status: number | undefined;
  readonly contentType: string | undefined;
  readonly contentLength: number | undefined;
  readonly grpcStatus: string | undefined;
  readonly grpcMessage: string | undefined;
  readonly webSocketExtensions: string | undefined;
  /** A field that only gRPC has is there. */
  readonly isGrpc: boolean;
}

export function readHeaderFacts(headers: readonly Header[]): HeaderFacts {
  let kind: HeaderFacts["kind"] | undefined;
  let method: string | undefined;
  let path: string | undefined;
  let scheme: string | undefined;
  let authority: string | undefined;
  let host: string | undefined;
  let protocol: string | undefined;
  let status: number | undefined;
  let contentType: string | undefined;
  let contentLength: number | undefined;
  let grpcStatus: string | undefined;
  let grpcMessage: string | undefined;
  let webSocketExtensions: string | undefined;
  let isGrpc = false;
  for (const { name, value } of headers) {
    if (name === undefined) {
      kind ??= "unknown";
      continue;
    }
    if (name.charCodeAt(0) === COLON) {
      if (kind === undefined || kind === "unknown") kind = name === ":status" ? "response" : "request";
      if (name === ":method") method = value;
      else if (name === ":path") path = value;
      else if (name === ":scheme") scheme = value;
      else if (name === ":authority") authority = value;
      else if (name === ":protocol") protocol = value;
      else if (name === ":status") status = parseDecimal(value);
      continue;
    }
    kind ??= "none";
    switch (name) {
      case "host":
        host = value;
        break;
      case "content-type":
        contentType = value;
        break;
      case "content-length":
        contentLength = parseDecimal(value);
        break;
      case "grpc-status":
        grpcStatus = value;
        isGrpc = true;
        break;
      case "grpc-message":
        grpcMessage = value;
        isGrpc = true;
        break;
      case "sec-websocket-extensions":
        webSocketExtensions = value;
        break;
      case "grpc-timeout":
      case "grpc-encoding":
      case "grpc-accept-encoding":
        isGrpc = true;
        break;
    }
  }
  return {
    kind: kind ?? "none",
    method,
    path,
    scheme,
    authority,
    host,
    protocol,
    status,
    contentType,
    contentLength,
    grpcStatus,
    grpcMessage,
    webSocketExtensions,
    isGrpc,
  };
}

const COLON = 0x3a;

function parseDecimal(value: string | undefined): number | undefined {
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}
