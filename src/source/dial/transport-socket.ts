import type { CaptureConfig, SocketTapConfig } from "../../tap/config/tap-config.ts";
import type { DownstreamTlsConfig, UpstreamTlsConfig } from "./tls-config.ts";

/**
 * A connection's way through its sockets, outermost first: `tap{tls}` records plaintext and puts TLS on the wire.
 * Taps and captures may wrap each other; `raw` or `tls` is innermost.
 */
export type TransportSocketConfig<Tls> =
  | { readonly kind: "raw" }
  | { readonly kind: "tls"; readonly tls: Tls }
  | { readonly kind: "tap"; readonly config: SocketTapConfig; readonly inner: TransportSocketConfig<Tls> }
  /** The endpoint is told who the client is, before anything else, TLS too. */
  | { readonly kind: "proxy-protocol"; readonly version: 1 | 2; readonly inner: TransportSocketConfig<Tls> }
  | { readonly kind: "capture"; readonly config: CaptureConfig; readonly inner: TransportSocketConfig<Tls> };

export type DownstreamTransportSocket = TransportSocketConfig<DownstreamTlsConfig>;
export type UpstreamTransportSocket = TransportSocketConfig<UpstreamTlsConfig>;

/** `raw` or `tls`: what a transport socket comes down to under its taps. */
export function innermost<Socket extends { kind: string; inner?: Socket }>(
  socket: Socket,
): Exclude<Socket, { inner: Socket }> {
  let current = socket;
  while (current.inner !== undefined) current = current.inner;
  return current as Exclude<Socket, { inner: Socket }>;
}
