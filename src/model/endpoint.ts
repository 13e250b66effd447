/**
 * One end of a connection: an IP address and port, or a Unix socket's path.
 *
 * `address` is an IP literal in its canonical text form (RFC 5952 for IPv6, without brackets).
 */
export type Endpoint = IpEndpoint | PipeEndpoint;

export interface IpEndpoint {
  readonly kind: "ip";
  readonly address: string;
  /** 0 to 65535. */
  readonly port: number;
}

export interface PipeEndpoint {
  readonly kind: "pipe";
  /** A file system path; abstract sockets start with `@`. */
  readonly path: string;
}

/** `10.0.0.1:80`, `[::1]:80` or the path; `-` for an end that is not known. */
export function formatEndpoint(endpoint: Endpoint | undefined): string {
  if (endpoint === undefined) return "-";
  if (endpoint.kind === "pipe") return endpoint.path;
  return endpoint.address.includes(":")
    ? `[${endpoint.address}]:${endpoint.port}`
    : `${endpoint.address}:${endpoint.port}`;
}
