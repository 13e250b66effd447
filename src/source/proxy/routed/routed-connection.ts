import type { Socket } from "node:net";
import { type SocketClosed, timerMillis } from "../../../model/index.ts";
import { readWallClock } from "../../wall-clock.ts";
import type { Channel } from "../channel/channel.ts";
import { adoptAcceptedSocket } from "../channel/socket-channel.ts";
import { StreamChannel } from "../channel/stream-channel.ts";
import type { HttpSettings } from "../config/http/http-settings.ts";
import type { Counter } from "../counters.ts";
import type { ChainRuntime } from "../listener/chain-runtime.ts";
import type { Inspected } from "../listener/inspect-connection.ts";
import { secureClient } from "../listener/secure-client.ts";
import type { ServedConnection } from "../listener/served-connection.ts";
import { refuseLoop } from "../listener/tap-accepted.ts";
import { tellHttp } from "../local-reply/tell-http.ts";
import { RELAYS_CLOSED_FOR_MEMORY } from "../statistic-names.ts";
import type { TappedConnection } from "../tapped-connection.ts";
import { choosePreferredProtocol } from "../tls/choose-alpn.ts";
import { peekClientHello } from "../tls/peek-client-hello.ts";
import { ChannelDuplex } from "./channel-duplex.ts";
import { limitHeaders } from "./client/answer-unread.ts";
import type { HttpSession } from "./client/http-session.ts";
import { serveHttp2 } from "./client/serve-http2.ts";
import type { Router } from "./router.ts";

/** One accepted connection whose HTTP is terminated: each request takes its own route. */
export class RoutedConnection implements ServedConnection, HttpSession {
  readonly tapped: TappedConnection;
  readonly #listener: ChainRuntime;
  readonly #accepted: Socket;
  readonly #inspected: Inspected;
  readonly #onClosed: () => void;
  #stream: ChannelDuplex | undefined;
  #openRequests = 0;
  #total: Counter | undefined;
  #requests = 0;
  #idleSince = performance.now();
  #longest: NodeJS.Timeout | undefined;
  #closesSoon = false;
  #drain: () => void = () => {};
  /** Where heads have so long to be whole. */
  #headEnded: (() => void) | undefined;
  #isOver = false;

  /** @param accepted is paused */
  constructor(
    listener: ChainRuntime,
    accepted: Socket,
    tapped: TappedConnection,
    inspected: Inspected,
    onClosed: () => void,
  ) {
    this.#listener = listener;
    this.#accepted = accepted;
    this.tapped = tapped;
    this.#inspected = inspected;
    this.#onClosed = onClosed;
  }

  get router(): Router {
    return this.#listener.router!;
  }

  get settings(): HttpSettings {
    return this.router.manager.settings;
  }

  /** Never rejects. */
  async run(): Promise<void> {
    try {
      refuseLoop(this.#listener, this.tapped.connection);
      const { acceptor } = this.#listener;
      const channel = acceptor === undefined ? this.#openRaw() : await this.#openTls();
      if (this.#isOver) channel.destroy();
      else this.serve(channel, undefined);
    } catch (error) {
      this.#giveUp(error as Error);
    }
  }

  /**
   * Serves a client whose channel is open.
   *
   * @param first bytes that were read of it
   * @param isTold taps and ledger know of them; else nobody was told
   */
  serve(channel: Channel, first: Uint8Array | undefined, isTold = false): void {
    const { budget, counters, ledger } = this.#listener.runtime;
    const stream = new ChannelDuplex(
      { tapped: this.tapped, channel, received: ledger.book("downstream-bytes") },
      {
        budget,
        overflows: counters.counter(RELAYS_CLOSED_FOR_MEMORY),
        onMoved: () => this.#moved(),
        onClosed: () => this.#over(),
      },
    );
    this.#stream = stream;
    const { maxConnectionMillis } = this.settings;
    if (maxConnectionMillis > 0) this.#longest = setTimeout(() => this.drain(), timerMillis(maxConnectionMillis));
    if (first !== undefined && isTold) {
      this.#begin(stream, tellHttp(first) ?? "http/1.1");
      stream.replay(first);
      stream.start();
      return;
    }
    const { codec } = this.router.manager;
    const alpn = this.tapped.connection.tls?.alpn;
    const known = codec === "HTTP2" || alpn === "h2" ? "h2" : codec === "HTTP1" ? "http/1.1" : undefined;
    if (known !== undefined) {
      this.#begin(stream, known);
      stream.start();
      if (first !== undefined) stream.handler.received(first);
      return;
    }
    let seen = Buffer.alloc(0);
    const handler = {
      ...stream.handler,
      received: (bytes: Uint8Array) => {
        seen = Buffer.concat([seen, bytes]);
        const found = tellHttp(seen);
        if (found === undefined) return;
        channel.handleWith(stream.handler);
        this.#begin(stream, found);
        stream.handler.received(seen);
      },
      ended: () => {
        channel.handleWith(stream.handler);
        this.#begin(stream, "http/1.1");
        if (seen.length > 0) stream.handler.received(seen);
        stream.handler.ended();
      },
    };
    channel.handleWith(handler);
    if (first !== undefined) handler.received(first);
    channel.resume();
  }

  abort(how: SocketClosed["how"]): void {
    if (this.#stream !== undefined) {
      this.#stream.abort(how);
      return;
    }
    this.#accepted.destroy();
    this.tapped.closed(how);
    this.#over();
  }

  /** Closes a connection on which no request is open for `idle_timeout`. */
  checkIdle(now: number): void {
    const { idleTimeoutMillis } = this.router.manager;
    if (this.#stream === undefined || idleTimeoutMillis === 0 || this.#openRequests > 0) return;
    if (now - this.#idleSince < idleTimeoutMillis) return;
    this.#listener.filterCounter("downstream_cx_idle_timeout").value++;
    this.#stream.abort("timeout");
  }

  /** A request has begun. */
  begin(): void {
    this.#headEnded?.();
    this.#openRequests++;
    this.#requests++;
    this.#total ??= this.#listener.filterCounter("downstream_rq_total");
    this.#total.value++;
  }

  /** A request is over. */
  finished(): void {
    this.#openRequests--;
    this.#moved();
    if (this.#closesSoon && this.#openRequests === 0) this.#drain();
  }

  /** Whether the request that has begun is the last one that the connection takes. */
  isLastRequest(): boolean {
    const { maxRequestsPerConnection } = this.settings;
    return this.#closesSoon || (maxRequestsPerConnection > 0 && this.#requests >= maxRequestsPerConnection);
  }

  /** Takes no more requests, and closes when those that are open are over. */
  drain(): void {
    this.#closesSoon = true;
    if (this.#openRequests === 0) this.#drain();
  }

  #begin(stream: ChannelDuplex, spoken: "h2" | "http/1.1"): void {
    this.#drain = () => stream.end();
    if (spoken === "http/1.1") {
      this.#listener.servers.serve(this, stream);
      if (this.settings.requestHeadersMillis > 0)
        this.#headEnded = limitHeaders(stream, this, () => this.#openRequests === 0);
    } else {
      const session = serveHttp2(this, stream);
      this.#drain = () => session.close();
    }
  }

  #openRaw(): Channel {
    const channel = this.#inspected.isRead
      ? new StreamChannel(this.#accepted)
      : adoptAcceptedSocket(this.#accepted, this.#listener.config.bufferLimitBytes);
    this.tapped.opened();
    return channel;
  }

  async #openTls(): Promise<Channel> {
    const acceptor = this.#listener.acceptor!;
    this.#accepted.on("error", () => {});
    const started = readWallClock();
    const hello = this.#inspected.hello ?? (await peekClientHello(this.#accepted, acceptor.timeoutMillis));
    if (acceptor.config.requireServerName && hello?.serverName === undefined)
      throw new Error("the client names no server (SNI)");
    const protocol = choosePreferredProtocol(hello?.alpnOffered ?? [], acceptor.config.alpnProtocols);
    return secureClient(this.#listener, acceptor, this.#accepted, this.tapped, hello, protocol, started);
  }

  #moved(): void {
    this.#idleSince = performance.now();
  }

  #giveUp(error: Error): void {
    const { runtime, config } = this.#listener;
    this.#listener.counter("downstream_cx_failed").value++;
    const connection = String(this.tapped.connection.id);
    runtime.sparseLog.warn({ listener: config.name, connection, error: error.message }, "a connection was given up");
    this.#accepted.destroy();
    this.tapped.closed("unknown");
    this.#over();
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#longest);
    this.router.clientGone(this.tapped.connection);
    this.#onClosed();
  }
}
