import { isGrpc } from "./find-route.ts";
import { type HeaderList, headerValue, setHeader } from "./headers/header-list.ts";

/** An answer of the proxy itself. */
export interface LocalAnswer {
  readonly status: number;
  readonly text?: string | Uint8Array;
  readonly headers?: HeaderList;
  /** Told to gRPC's clients instead of the one that the HTTP status stands for. */
  readonly grpcStatus?: number;
  /** The request's path, as it has become meanwhile. */
  readonly path?: string;
  /** The message could not be read: it is answered in plain HTTP, whatever it calls itself. */
  readonly isUnread?: boolean;
}

/** gRPC's codes for HTTP's (grpc's doc/http-grpc-status-mapping.md); others are UNKNOWN. */
const GRPC_STATUS: Readonly<Record<number, number>> = {
  400: 13,
  401: 16,
  403: 7,
  404: 12,
  429: 14,
  502: 14,
  503: 14,
  504: 14,
};
const UNKNOWN = 2;
export const DEADLINE_EXCEEDED = 4;

/** The response of a local answer: to gRPC its status stands in headers, as in Envoy. */
export function describeAnswer(
  { status, text = "", headers = [], grpcStatus, isUnread = false }: LocalAnswer,
  request: HeaderList,
  method: string,
): { readonly status: number; readonly headers: HeaderList; readonly body: Buffer } {
  const body = Buffer.from(text);
  if (isGrpc(request) && !isUnread) {
    const answered: HeaderList = [...headers, ["content-type", "application/grpc"]];
    setHeader(answered, "grpc-status", String(grpcStatus ?? GRPC_STATUS[status] ?? UNKNOWN));
    if (body.length > 0 && method !== "HEAD")
      setHeader(answered, "grpc-message", encodeURI(body.toString()).replaceAll("%20", " "));
    return { status: 200, headers: answered, body: Buffer.alloc(0) };
  }
  const answered: HeaderList = [];
  if (body.length > 0) {
    answered.push(["content-length", String(body.length)]);
    if (headerValue(headers, "content-type") === undefined) answered.push(["content-type", "text/plain"]);
  }
  return { status, headers: [...answered, ...headers], body };
}
