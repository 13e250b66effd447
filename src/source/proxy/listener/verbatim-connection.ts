import type { Socket } from "node:net";
import { type SocketClosed, timerMillis } from "../../../model/index.ts";
import { HTTP_PROTOCOLS, type HttpProtocol } from "../../dial/cluster-config.ts";
import { readWallClock } from "../../wall-clock.ts";
import type { Channel } from "../channel/channel.ts";
import { adoptAcceptedSocket } from "../channel/socket-channel.ts";
import { StreamChannel } from "../channel/stream-channel.ts";
import type { PendingDial, Upstream } from "../cluster/upstream.ts";
import { closeUpstream, type UpstreamConnection } from "../cluster/upstream-connection.ts";
import { NotForwarded, replyMismatch, replyToFailedDial, replyUnavailable } from "../local-reply/local-reply.ts";
import { replyLocally } from "../local-reply/reply-locally.ts";
import { Relay, type RelaySide } from "../relay.ts";
import { RoutedConnection } from "../routed/routed-connection.ts";
import { RELAYS_CLOSED_FOR_MEMORY } from "../statistic-names.ts";
import type { TappedConnection } from "../tapped-connection.ts";
import {
  chooseDownstreamProtocol,
  choosePreferredProtocol,
  chooseUpstreamOffers,
  restrictToCluster,
} from "../tls/choose-alpn.ts";
import type { ClientHello } from "../tls/client-hello.ts";
import { peekClientHello } from "../tls/peek-client-hello.ts";
import type { TlsAcceptor } from "../tls/tls-acceptor.ts";
import type { ChainRuntime } from "./chain-runtime.ts";
import type { Inspected } from "./inspect-connection.ts";
import { lingerThenClose } from "./linger.ts";
import { peekHttp } from "./peek-http.ts";
import { refuseClient, secureClient } from "./secure-client.ts";
import type { ServedConnection } from "./served-connection.ts";
import { startChecked } from "./start-checked.ts";
import { refuseLoop } from "./tap-accepted.ts";
import { Translation } from "./translation.ts";

/**
 * One accepted connection whose bytes are forwarded as they are:
 *
 *     raw listener:  (HTTP to TLS: peek at the first bytes) ▶ dial ▶ relay
 *     TLS listener:  peek at the ClientHello ▶ (both sides negotiate ALPN: dial, handshake; else: handshake, dial) ▶ relay
 *
 * Where both sides negotiate ALPN the endpoint picks first, so that the client gets a protocol that the endpoint speaks.
 */
export class VerbatimConnection implements ServedConnection {
  readonly #listener: ChainRuntime;
  readonly #tapped: TappedConnection;
  readonly #accepted: Socket;
  readonly #pending: PendingDial = { socket: undefined };
  readonly #inspected: Inspected;
  readonly #upstream: Upstream;
  readonly #translation: Translation;
  readonly #onClosed: () => void;
  #channel: Channel | undefined;
  /** Set once bytes flow. */
  #relay: Relay | undefined;
  /** Serves the client in place of the relay: it speaks an HTTP that the cluster does not. */
  #bridged: RoutedConnection | undefined;
  #duration: NodeJS.Timeout | undefined;
  /** The relay leaves the client to a bridge. */
  #isLeaving = false;
  #idleSince = 0;
  #aborted = false;

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
    this.#tapped = tapped;
    this.#inspected = inspected;
    this.#onClosed = onClosed;
    this.#upstream = listener.chooseUpstream();
    this.#translation = new Translation(listener.chain.networkFilter, this.#upstream);
  }

  /** Never rejects. */
  async run(): Promise<void> {
    const { acceptor } = this.#listener;
    try {
      refuseLoop(this.#listener, this.#tapped.connection);
      await (acceptor === undefined ? this.#runRaw(this.#upstream) : this.#runTls(acceptor, this.#upstream));
    } catch (error) {
      this.#giveUp(error as Error);
    }
  }

  /** Closes both connections now. */
  abort(how: SocketClosed["how"]): void {
    this.#aborted = true;
    if (this.#bridged !== undefined) {
      this.#bridged.abort(how);
      return;
    }
    if (this.#relay !== undefined) {
      this.#relay.abort(how);
      return;
    }
    this.#pending.socket?.destroy();
    this.#channel?.destroy();
    this.#accepted.destroy();
    this.#tapped.closed(how);
  }

  /** Closes a connection on which nothing moved for `idle_timeout`. @param now milliseconds, of any clock that only goes on */
  checkIdle(now: number): void {
    this.#bridged?.checkIdle(now);
    const relay = this.#relay;
    const { idleTimeoutMillis, kind } = this.#listener.chain.networkFilter;
    if (relay === undefined || idleTimeoutMillis === 0) return;
    if (relay.active) {
      relay.active = false;
      this.#idleSince = now;
    } else if (now - this.#idleSince >= idleTimeoutMillis) {
      this.#listener.filterCounter(kind === "tcp-proxy" ? "idle_timeout" : "downstream_cx_idle_timeout").value++;
      relay.abort("timeout");
    }
  }

  async #runRaw(upstream: Upstream): Promise<void> {
    const offers = upstream.connector?.config.alpnProtocols ?? [];
    const { networkFilter } = this.#listener.chain;
    if (upstream.connector === undefined || networkFilter.kind === "tcp-proxy") {
      // Bytes that were read and put back are in the socket's stream.
      this.#channel = this.#inspected.isRead
        ? new StreamChannel(this.#accepted)
        : adoptAcceptedSocket(this.#accepted, this.#listener.config.bufferLimitBytes);
      this.#tapped.opened();
      this.#relayTo(await this.#dial(upstream, offers));
      return;
    }
    // Without ALPN of its own the client shows by its first bytes what the server must speak.
    this.#accepted.on("error", () => {});
    this.#tapped.opened();
    const spoken = await peekHttp(this.#accepted, networkFilter.idleTimeoutMillis);
    this.#channel = new StreamChannel(this.#accepted);
    if (spoken !== undefined && this.#translation.isBridged(spoken)) {
      this.#bridge().serve(this.#channel, undefined);
      return;
    }
    const isHttpOffered = offers.includes("h2") || offers.includes("http/1.1");
    if (spoken !== undefined && isHttpOffered && !offers.includes(spoken))
      throw new NotForwarded(replyMismatch(upstream.config.name, offers, spoken));
    const isFree = offers.length === 0 || isHttpOffered;
    // Where nothing says what the server speaks, it may choose: the client is served either way.
    const chosen = spoken === "h2" && this.#translation.asks ? HTTP_PROTOCOLS : [spoken!];
    const dialled = await this.#dial(upstream, spoken !== undefined && isFree ? chosen : offers).catch((error) =>
      this.#translation.unlessRefused(error, spoken),
    );
    if (dialled !== undefined && !this.#translation.isMisunderstood(spoken, dialled.protocol)) {
      this.#relayTo(dialled);
      return;
    }
    if (this.#translation.asks) upstream.noteHttp("http/1.1");
    if (dialled !== undefined) closeUpstream(dialled);
    this.#bridge().serve(this.#channel, undefined);
  }

  async #runTls(acceptor: TlsAcceptor, upstream: Upstream): Promise<void> {
    // From here to the end of the handshake nobody else listens to the socket's errors.
    this.#accepted.on("error", () => {});
    const started = readWallClock();
    const hello = this.#inspected.hello ?? (await peekClientHello(this.#accepted, acceptor.timeoutMillis));
    if (acceptor.config.requireServerName && hello?.serverName === undefined)
      throw new Error("the client names no server (SNI)");
    const configured = acceptor.config.alpnProtocols;
    const offered = hello?.alpnOffered ?? [];
    const { kind } = this.#listener.chain.networkFilter;
    if (this.#translation.bridges) {
      const alpn = choosePreferredProtocol(offered, configured);
      const speaks = alpn === "h2" ? "h2" : "http/1.1";
      if (this.#translation.isBridged(speaks)) return this.#bridge(hello).run();
      await this.#handshake(acceptor, hello, alpn, started);
      this.#relayTo(await this.#dial(upstream, upstream.connector === undefined ? [] : [speaks]));
      return;
    }
    const spoken = kind === "http-connection-manager" ? upstream.config.httpProtocols : undefined;
    if (upstream.connector === undefined || configured.length === 0) {
      const listed = restrictToCluster(configured, upstream.connector === undefined ? spoken : undefined);
      const protocol = choosePreferredProtocol(offered, listed);
      if (protocol === undefined && choosePreferredProtocol(offered, configured) !== undefined)
        await refuseClient(
          this.#listener,
          acceptor,
          this.#accepted,
          this.#tapped,
          listed,
          upstream.config.name,
          offered,
        );
      await this.#handshake(acceptor, hello, protocol, started);
      this.#relayTo(await this.#dial(upstream, upstream.connector?.config.alpnProtocols ?? []));
      return;
    }
    const offers = chooseUpstreamOffers(offered, configured, upstream.connector.config.alpnProtocols, spoken);
    const dialled = await this.#dial(upstream, offers).catch(async (error) => {
      if (offers.length === 1 && this.#translation.isRefused(error, offers[0])) return undefined;
      // The client gets its answer in what it would have spoken.
      const protocol = choosePreferredProtocol(offered, restrictToCluster(configured, spoken));
      if (kind === "http-connection-manager") await this.#handshake(acceptor, hello, protocol, started);
      throw error;
    });
    if (dialled === undefined) return this.#bridge(hello).run();
    const picked = dialled.protocol ?? (spoken?.length === 1 ? spoken[0] : undefined);
    try {
      await this.#handshake(acceptor, hello, chooseDownstreamProtocol(offered, configured, picked), started);
    } catch (error) {
      closeUpstream(dialled);
      throw error;
    }
    this.#relayTo(dialled);
  }

  #bridge(hello?: ClientHello): RoutedConnection {
    const inspected = { ...this.#inspected, isRead: true, ...(hello && { hello }) };
    this.#bridged = new RoutedConnection(this.#listener, this.#accepted, this.#tapped, inspected, this.#onClosed);
    return this.#bridged;
  }

  async #dial(upstream: Upstream, offers: readonly string[]): Promise<UpstreamConnection> {
    const { maxConnectAttempts } = this.#listener.chain.networkFilter;
    const dialled = await upstream
      .dial(offers, maxConnectAttempts, this.#pending, this.#tapped.connection)
      .catch((error) => {
        throw new NotForwarded(replyToFailedDial(error, upstream.cluster.hosts.length), error);
      });
    if (!this.#aborted) return dialled;
    closeUpstream(dialled);
    throw new Error("the proxy is stopping");
  }

  async #handshake(
    acceptor: TlsAcceptor,
    hello: ClientHello | undefined,
    protocol: string | undefined,
    started: ReturnType<typeof readWallClock>,
  ): Promise<void> {
    this.#channel = await secureClient(
      this.#listener,
      acceptor,
      this.#accepted,
      this.#tapped,
      hello,
      protocol,
      started,
    );
  }

  #relayTo({ tapped, channel, release }: UpstreamConnection): void {
    const { runtime } = this.#listener;
    const upstream = this.#upstream.config;
    const isHttp = this.#listener.chain.networkFilter.kind === "http-connection-manager";
    this.#tapped.connection.forwardedOn = tapped.connection;
    let reply = replyUnavailable("connection termination");
    let first: Uint8Array = new Uint8Array(0);
    let isTold = false;
    let endChecks = (): void => {};
    const relay = new Relay(
      this.#client,
      { tapped, channel, received: runtime.ledger.book("upstream-bytes") },
      {
        budget: runtime.budget,
        overflows: runtime.counters.counter(RELAYS_CLOSED_FOR_MEMORY),
        onClosed: () => {
          // Whoever closes a relay hears of it before its channels do.
          endChecks();
          release();
          clearTimeout(this.#duration);
          this.#onClosed();
        },
        ...(isHttp && {
          onClientLeft: () => {
            release();
            this.#relay = undefined;
            if (this.#isLeaving) this.#bridge().serve(this.#channel!, first, isTold);
            else this.#reply(new NotForwarded(reply), first);
          },
        }),
      },
    );
    this.#relay = relay;
    this.#limitDuration();
    if (!isHttp) {
      relay.start();
      return;
    }
    const leave = (bytes: Uint8Array, isBridge: boolean): false => {
      first = bytes;
      this.#isLeaving = isBridge;
      relay.leaveClient();
      return false;
    };
    const spoken = tapped.connection.tls === undefined ? upstream.httpProtocols : undefined;
    const takes = (found: HttpProtocol, seen: Uint8Array) => {
      if (spoken?.length !== 1 || spoken.includes(found)) return true;
      if (this.#translation.isBridged(found)) return leave(Buffer.from(seen), true);
      reply = replyMismatch(upstream.name, spoken, found);
      if (!upstream.isHttpAssumed) return leave(seen, false);
      // It may speak it all the same: its answer shows it.
      if (this.#translation.isInsisted)
        this.#warn("forwarded all the same, as nothing says what the cluster speaks", new Error(reply.text));
      return true;
    };
    const isOther = `cluster ${JSON.stringify(upstream.name)} answers in another HTTP than its client's`;
    const onOther = (answer: Uint8Array, sent: Uint8Array): void => {
      this.#warn("requests are made anew", new Error(isOther));
      if (this.#translation.asks && answer[0] !== 0) this.#upstream.noteHttp("http/1.1");
      isTold = true;
      relay.dropAnswer(answer, "other-http");
      leave(sent, true);
    };
    endChecks = startChecked(relay, {
      client: this.#channel!,
      endpoint: channel,
      budget: runtime.budget,
      takes,
      waits: spoken?.length === 1 && spoken[0] === "h2",
      ...(!this.#translation.isInsisted && { onOther }),
    });
  }

  /** `max_downstream_connection_duration`. */
  #limitDuration(): void {
    const { maxDurationMillis, maxDurationJitterPercent = 0 } = this.#listener.chain.networkFilter;
    if (maxDurationMillis === undefined) return;
    const jitter = 1 + (Math.random() * maxDurationJitterPercent) / 100;
    this.#duration = setTimeout(
      () => {
        this.#listener.filterCounter("max_downstream_connection_duration").value++;
        this.#relay?.abort("timeout");
      },
      timerMillis(maxDurationMillis * jitter),
    );
  }

  get #client(): RelaySide {
    return {
      tapped: this.#tapped,
      channel: this.#channel!,
      received: this.#listener.runtime.ledger.book("downstream-bytes"),
    };
  }

  /** No upstream connection, or no handshake: the client is told by an answer where it speaks HTTP, else by the end of its connection. */
  #giveUp(error: Error): void {
    if (this.#channel === undefined || this.#aborted) {
      if (!this.#aborted) this.#countFailure(error);
      this.#accepted.destroy();
      this.#over("unknown");
    } else if (this.#listener.chain.networkFilter.kind === "tcp-proxy") {
      this.#countFailure(error);
      lingerThenClose(this.#client, (how) => this.#over(how));
    } else this.#reply(error, new Uint8Array(0));
  }

  #reply(error: Error, first: Uint8Array): void {
    this.#countFailure(error);
    const reply = error instanceof NotForwarded ? error.reply : replyUnavailable("remote connection failure");
    const { idleTimeoutMillis } = this.#listener.chain.networkFilter;
    replyLocally(this.#client, reply, first, idleTimeoutMillis, (how) => this.#over(how));
  }

  #countFailure(error: Error): void {
    this.#listener.counter("downstream_cx_failed").value++;
    this.#warn("a connection was given up", error);
  }

  #warn(message: string, error: Error): void {
    const { runtime, config } = this.#listener;
    const connection = String(this.#tapped.connection.id);
    runtime.sparseLog.warn({ listener: config.name, connection, error: error.message }, message);
  }

  #over(how: SocketClosed["how"]): void {
    this.#tapped.closed(how);
    this.#onClosed();
  }
}
