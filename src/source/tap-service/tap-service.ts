import { createServer, type Http2Server, type ServerHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import { toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError, type ConnectRouter, type HandlerContext } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { type Endpoint, TaplineError } from "../../model/index.ts";
import { TraceWrapperSchema as OldTraceWrapperSchema } from "../../wire/envoy/gen/envoy/data/tap/v2alpha/trace_pb.js";
import { TraceWrapperSchema } from "../../wire/envoy/gen/envoy/data/tap/v3/trace_pb.js";
import {
  type StreamTapsRequest as OldStreamTapsRequest,
  TapSinkService as OldTapSinkService,
} from "../../wire/envoy/gen/envoy/service/tap/v2alpha/tap_pb.js";
import { type StreamTapsRequest, TapSinkService } from "../../wire/envoy/gen/envoy/service/tap/v3/tap_pb.js";
import type { ConnectionLayout } from "../../wire/envoy/index.ts";
import type { TapIdentifier } from "../../wire/envoy/write/stream-taps.ts";
import { LISTEN_BACKLOG } from "../listen-backlog.ts";

/** One trace message that a sender of taps sent. */
export interface ReceivedTrace {
  readonly identifier: TapIdentifier;
  readonly traceId: bigint;
  /** The encoded TraceWrapper. */
  readonly bytes: Uint8Array;
  readonly layout: ConnectionLayout;
}

export interface TapServiceOptions extends TapRoutesOptions {
  /** An address that is not loopback wants a token. */
  readonly listen: { readonly host: string; readonly port: number };
  /** Bytes of one message at most. Default 64 MiB. */
  readonly maxMessageBytes?: number;
}

export interface TapRoutesOptions {
  /** The token that `authorization: Bearer …` must hold; without it anybody who reaches the address may send. */
  readonly token?: string;
  /** Called for each trace message, in the order of its stream; the stream waits for what it gives. */
  readonly onTrace: (trace: ReceivedTrace) => void | Promise<void>;
  /** A stream began or was refused, or ended: for the log. */
  readonly onStream?: (event: {
    readonly peer: string;
    readonly identifier?: TapIdentifier;
    readonly what: "opened" | "ended" | "failed";
    readonly why?: string;
  }) => void;
}

/**
 * The other end of StreamTaps: serves `envoy.service.tap.v3.TapSinkService` and v2alpha's over HTTP/2 with prior knowledge. A stream
 * whose first message has no identifier is refused (INVALID_ARGUMENT), as the protocol demands one.
 */
export class TapService {
  readonly #options: TapServiceOptions;
  readonly #server: Http2Server;
  readonly #sessions = new Set<ServerHttp2Session>();

  constructor(options: TapServiceOptions) {
    this.#options = options;
    this.#server = createServer(
      connectNodeAdapter({
        routes: (router) => addTapRoutes(router, options),
        grpc: true,
        grpcWeb: false,
        connect: false,
        readMaxBytes: options.maxMessageBytes ?? DEFAULT_MAX_MESSAGE_BYTES,
      }),
    );
    this.#server.on("session", (session) => {
      this.#sessions.add(session);
      session.on("close", () => this.#sessions.delete(session)).on("error", () => {});
    });
  }

  /** Gives the address that it listens on. */
  async start(): Promise<Endpoint> {
    const { host, port } = this.#options.listen;
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", (error) =>
        reject(new TaplineError("connection", `cannot listen on ${host}:${port}: ${error.message}`, { cause: error })),
      );
      this.#server.listen(port, host, LISTEN_BACKLOG, resolve);
    });
    const { address, port: bound } = this.#server.address() as AddressInfo;
    return { kind: "ip", address, port: bound };
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const session of this.#sessions) session.destroy();
    await closed;
  }
}

/** Serves both versions of the service among others. */
export function addTapRoutes(router: ConnectRouter, options: TapRoutesOptions): void {
  const serve = (layout: ConnectionLayout) => ({
    streamTaps: async (requests: AsyncIterable<StreamTapsRequest | OldStreamTapsRequest>, context: HandlerContext) => {
      await receiveTaps(requests, layout, context, options);
      return {};
    },
  });
  router.service(TapSinkService, serve("new"));
  router.service(OldTapSinkService, serve("old"));
}

async function receiveTaps(
  requests: AsyncIterable<StreamTapsRequest | OldStreamTapsRequest>,
  layout: ConnectionLayout,
  context: HandlerContext,
  { token, onTrace, onStream }: TapRoutesOptions,
): Promise<void> {
  const peer = context.requestHeader.get("user-agent") ?? "unknown";
  if (token !== undefined && context.requestHeader.get("authorization") !== `Bearer ${token}`) {
    onStream?.({ peer, what: "failed", why: "wrong token" });
    throw new ConnectError("a valid token is needed (authorization: Bearer …)", Code.Unauthenticated);
  }
  let identifier: TapIdentifier | undefined;
  try {
    for await (const request of requests) {
      if (request.identifier !== undefined) {
        const { node, tapId } = request.identifier;
        identifier = { nodeId: node?.id ?? "", cluster: node?.cluster ?? "", tapId };
        onStream?.({ peer, identifier, what: "opened" });
      }
      if (identifier === undefined)
        throw new ConnectError("the first message must hold the identifier", Code.InvalidArgument);
      if (request.trace === undefined) continue;
      const bytes =
        request.trace.$typeName === "envoy.data.tap.v3.TraceWrapper"
          ? toBinary(TraceWrapperSchema, request.trace)
          : toBinary(OldTraceWrapperSchema, request.trace);
      await onTrace({ identifier, traceId: request.traceId, bytes, layout });
    }
    onStream?.({ peer, ...(identifier && { identifier }), what: "ended" });
  } catch (error) {
    onStream?.({
      peer,
      ...(identifier && { identifier }),
      what: "failed",
      why: error instanceof Error ? error.message : String(error),
    });
    throw error;
  }
}

const DEFAULT_MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
