import { createHash, timingSafeEqual } from "node:crypto";
import {
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from "node:http2";
import type { AddressInfo } from "node:net";
import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { type IpEndpoint, type Ledger, TaplineError, timestampFromMillis } from "../../model/index.ts";
import { createTraceReader } from "../../source/capture-file/create-trace-reader.ts";
import { LISTEN_BACKLOG } from "../../source/listen-backlog.ts";
import { type ListenerTls, secureOptions } from "../../source/listener-tls.ts";
import { SenderStreams } from "../../source/tap-service/sender-streams.ts";
import { addTapRoutes } from "../../source/tap-service/tap-service.ts";
import { TraceService } from "../../wire/otlp/gen/opentelemetry/trace/trace_service_pb.js";
import { CollectorService } from "../../wire/send/gen/tapline/v1/send_pb.js";
import { EBPFAccessLogService } from "../../wire/skywalking/gen/skywalking/v3/access_log_pb.js";
import { EBPFProcessService } from "../../wire/skywalking/gen/skywalking/v3/process_pb.js";
import type { OapRelay } from "../forward/oap-relay.ts";
import { OtlpTraces } from "../otlp/trace-service.ts";
import type { Collector } from "../server/collector.ts";
import type { ExchangeStore } from "../store/exchange-store.ts";
import { AccessLogService } from "./access-log-service.ts";
import { isPlainStream, serveClientStream } from "./client-stream.ts";
import { SendService } from "./send-service.ts";

export interface GrpcServerOptions {
  readonly collector: Collector;
  readonly store: ExchangeStore;
  readonly ledger: Ledger;
  readonly listen: IpEndpoint;
  readonly relay?: OapRelay | undefined;
  /** PEM: TLS, and with an authority only for clients with a certificate that it signed; absent: HTTP/2 with prior knowledge. */
  readonly tls?: ListenerTls | undefined;
  /** Wanted as metadata: `authentication: TOKEN` (SkyWalking's) or `authorization: Bearer TOKEN`. */
  readonly token: string | undefined;
}

/** Bytes of one message at most; SkyWalking's OAP takes as many. */
const MAX_MESSAGE_BYTES = 50 * 1024 * 1024;

/** The listener of gRPC, over HTTP/2 with prior knowledge, or TLS: Envoy's `TapSinkService`, what SkyWalking's Rover reports to. */
export class GrpcServer {
  readonly #options: GrpcServerOptions;
  readonly #server: Http2Server | Http2SecureServer;
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #taps: SenderStreams;

  constructor(options: GrpcServerOptions) {
    this.#options = options;
    const { collector, ledger, token } = options;
    const pipeline = collector.createPipeline();
    const admit = token === undefined ? undefined : tokenCheck(token);
    const logs = new AccessLogService({ collector, pipeline, ledger, relay: options.relay });
    const spans = new OtlpTraces({ collector, pipeline, ledger });
    const sent = new SendService({ collector, store: options.store, pipeline, ledger });
    this.#taps = new SenderStreams((name) =>
      createTraceReader(name, {
        observer: pipeline,
        ledger,
        encoding: "length-delimited",
        now: () => timestampFromMillis(Date.now()),
        problem: () => collector.senders.lose("tap-service", name, "unreadable"),
      }),
    );
    const answer = connectNodeAdapter({
      grpc: true,
      grpcWeb: false,
      connect: false,
      readMaxBytes: MAX_MESSAGE_BYTES,
      interceptors: admit === undefined ? [] : [needToken(admit)],
      routes: (router) => {
        router.service(EBPFAccessLogService, {
          collect: (messages, { requestHeader }) => logs.collect(messages, requestHeader.get("user-agent") ?? UNKNOWN),
        });
        router.service(EBPFProcessService, {
          reportProcesses: (report) => logs.reportProcesses(report),
          keepAlive: (list) => logs.keepAlive(list),
        });
        router.service(TraceService, {
          export: (request, context) =>
            spans.take(request, context.requestHeader.get("user-agent") ?? UNKNOWN).catch((error) => {
              throw new ConnectError((error as Error).message, Code.ResourceExhausted);
            }),
        });
        router.service(CollectorService, { send: (requests) => sent.send(requests) });
        addTapRoutes(router, {
          onTrace: async ({ identifier, layout, bytes }) => {
            this.#taps.push(identifier, layout, bytes);
            collector.senders.count("tap-service", `${identifier.nodeId}/${identifier.tapId}`, 1);
            await collector.intake.sinks.exchanges.whenReady();
          },
        });
      },
    });
    const passedOver = ledger.book("passed-over-bytes");
    const limits = { maxBytes: MAX_MESSAGE_BYTES, budget: collector.receiving, passedOver };
    const handle = (request: Http2ServerRequest, response: Http2ServerResponse): void => {
      if (request.url === COLLECT_PATH && isPlainStream(request)) {
        const { headers } = request;
        const open = () => {
          admit?.((name) => headers[name]?.toString());
          return logs.open(headers["user-agent"] ?? UNKNOWN);
        };
        serveClientStream(request, response, open, limits);
      } else answer(request, response);
    };
    this.#server =
      options.tls === undefined ? createServer(handle) : createSecureServer(secureOptions(options.tls), handle);
    this.#server.on("session", (session) => {
      this.#sessions.add(session);
      const leave = collector.coverage.attach();
      session
        .on("close", () => {
          leave();
          this.#sessions.delete(session);
        })
        .on("error", () => {});
    });
  }

  /** @throws TaplineError `connection` */
  async start(): Promise<IpEndpoint> {
    const { address, port } = this.#options.listen;
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", (cause) =>
        reject(new TaplineError("connection", `cannot listen on ${address}:${port}: ${cause.message}`, { cause })),
      );
      this.#server.listen(port, address, LISTEN_BACKLOG, resolve);
    });
    return { kind: "ip", address, port: (this.#server.address() as AddressInfo).port };
  }

  /** Takes no more; what came of traces that were not over is kept as it is. */
  async stop(): Promise<void> {
    if (this.#server.listening) {
      const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
      for (const session of this.#sessions) session.destroy();
      await closed;
    }
    this.#taps.end();
  }
}

const COLLECT_PATH = `/${EBPFAccessLogService.typeName}/${EBPFAccessLogService.method.collect.name}`;
/** Agents that do not say who they are. */
const UNKNOWN = "unknown";

/** @throws ConnectError where the headers have no valid token */
type TokenCheck = (header: (name: string) => string | null | undefined) => void;

function tokenCheck(token: string): TokenCheck {
  const wanted = createHash("sha256").update(token).digest();
  return (header) => {
    const given = header("authentication") ?? /^Bearer +(\S+)$/i.exec(header("authorization") ?? "")?.[1] ?? "";
    if (!timingSafeEqual(createHash("sha256").update(given).digest(), wanted))
      throw new ConnectError("a valid token is needed", Code.Unauthenticated);
  };
}

function needToken(admit: TokenCheck): Interceptor {
  return (next) => async (request) => {
    admit((name) => request.header.get(name));
    return next(request);
  };
}
