/** The names of gRPC's status codes, 0 to 16 (grpc/grpc, doc/statuscodes.md). */
export const GRPC_STATUS_NAMES: readonly string[] = [
  "OK",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
];

/** `NOT_FOUND`; undefined for a code without a name. */
export function nameGrpcStatus(status: number): string | undefined {
  return GRPC_STATUS_NAMES[status];
}

/** The value of `grpc-status`: a decimal number without leading zeros, or undefined when it is none. */
export function parseGrpcStatus(value: string): number | undefined {
  return /^(0|[1-9]\d{0,8})$/.test(value) ? Number(value) : undefined;
}

/**
 * The value of `grpc-message`: UTF-8 in percent-encoding (gRPC over HTTP2, "Status-Message"). What is not valid stays as it
 * stands, as that document wants.
 */
export function decodeGrpcStatusMessage(value: string): string {
  if (!value.includes("%")) return value;
  const bytes = new Uint8Array(value.length);
  let length = 0;
  for (let at = 0; at < value.length; at++) {
    const digits = value[at] === "%" ? value.slice(at + 1, at + 3) : "";
    const isEscape = /^[0-9a-fA-F]{2}$/.test(digits);
    bytes[length++] = isEscape ? Number.parseInt(digits, 16) : value.charCodeAt(at);
    if (isEscape) at += 2;
  }
  return new TextDecoder().decode(bytes.subarray(0, length));
}

/** Whether a content type is gRPC's (or gRPC-Web's): `application/grpc`, `application/grpc+proto`, … */
export function isGrpcContentType(contentType: string | undefined): boolean {
  return contentType !== undefined && /^application\/grpc(-web(-text)?)?(\+|;|\s|$)/i.test(contentType);
}
