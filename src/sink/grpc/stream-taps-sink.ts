import type { TraceIdentity, TraceSink, TraceSinkHandle } from "../../tap/index.ts";
import type { ConnectionLayout } from "../../wire/envoy/index.ts";
import {
  encodeStreamTapsRequest,
  encodeTapIdentifier,
  type TapIdentifier,
} from "../../wire/envoy/write/stream-taps.ts";
import { GrpcClientStream, type GrpcClientStreamOptions } from "./grpc-client-stream.ts";

export interface StreamTapsSinkOptions extends Omit<GrpcClientStreamOptions, "path" | "firstMessagePrefix"> {
  readonly identifier: TapIdentifier;
  /** Which of the service's two packages is called. Default `v3`. */
  readonly version?: "v3" | "v2alpha";
  /** How `Connection` is laid out; by default new for v3, old for v2alpha. */
  readonly layout?: ConnectionLayout;
}

/**
 * Sends traces to an `envoy.service.tap.v3.TapSinkService` (StreamTaps), which Envoy declares and never implemented: one
 * stream for all traces, its first message names the sender.
 */
export class StreamTapsSink implements TraceSink {
  readonly #stream: GrpcClientStream;
  readonly #layout: ConnectionLayout;

  constructor(options: StreamTapsSinkOptions) {
    const version = options.version ?? "v3";
    this.#layout = options.layout ?? (version === "v3" ? "new" : "old");
    this.#stream = new GrpcClientStream({
      ...options,
      path: `/envoy.service.tap.${version}.TapSinkService/StreamTaps`,
      firstMessagePrefix: encodeTapIdentifier(options.identifier),
    });
  }

  open({ id }: TraceIdentity): TraceSinkHandle {
    return {
      submit: (wrapper) => this.#stream.send(encodeStreamTapsRequest(id, wrapper, this.#layout)),
      close() {},
    };
  }

  /** Sends what is queued; after `timeout` milliseconds (default 5000) what is left is dropped. */
  close(timeout?: number): Promise<void> {
    return this.#stream.close(timeout);
  }
}
