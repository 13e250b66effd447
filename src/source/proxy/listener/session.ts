import type { Socket } from "node:net";
import { type SocketClosed, TaplineError, timerMillis } from "../../../model/index.ts";
import { localEndpoint, remoteEndpoint } from "../endpoint-of.ts";
import { RoutedConnection } from "../routed/routed-connection.ts";
import type { ChainRuntime } from "./chain-runtime.ts";
import { type Inspected, inspectConnection, NOT_INSPECTED } from "./inspect-connection.ts";
import type { ListenerRuntime } from "./listener-runtime.ts";
import type { ServedConnection } from "./served-connection.ts";
import { tapAccepted } from "./tap-accepted.ts";
import { VerbatimConnection } from "./verbatim-connection.ts";

/** One accepted connection from its first byte to its last: the listener filters, the filter chain, its limits, and then what serves it. */
export class Session {
  readonly #listener: ListenerRuntime;
  readonly #accepted: Socket;
  readonly #onClosed: () => void;
  #served: ServedConnection | undefined;
  #chain: ChainRuntime | undefined;
  #isCounted = false;
  #isOver = false;

  /** @param accepted is paused */
  constructor(listener: ListenerRuntime, accepted: Socket, onClosed: () => void) {
    this.#listener = listener;
    this.#accepted = accepted;
    this.#onClosed = onClosed;
    // Told before its first byte is looked at.
    this.#chain = this.#needsInspection ? undefined : listener.chooseChain(this.#question(NOT_INSPECTED));
  }

  /** Never rejects. */
  async run(): Promise<void> {
    try {
      const inspected = this.#needsInspection
        ? await inspectConnection(this.#accepted, this.#listener.config.inspection)
        : NOT_INSPECTED;
      if (this.#isOver) return;
      const chain = this.#chain ?? this.#listener.chooseChain(this.#question(inspected));
      if (chain === undefined) {
        this.#listener.counter("no_filter_chain_match").value++;
        throw new TaplineError("connection", "no filter chain takes it");
      }
      this.#bookHeader(inspected.headerBytes);
      await this.#serve(chain, inspected);
    } catch (error) {
      this.#giveUp(error as Error);
    }
  }

  abort(how: SocketClosed["how"]): void {
    if (this.#served !== undefined) this.#served.abort(how);
    else this.#end();
  }

  /** Closes a connection on which nothing moved for `idle_timeout`. @param now milliseconds, of any clock that only goes on */
  checkIdle(now: number): void {
    this.#served?.checkIdle(now);
  }

  async #serve(chain: ChainRuntime, inspected: Inspected): Promise<void> {
    this.#chain = chain;
    this.#isCounted = true;
    const open = ++chain.openConnections;
    const limit = chain.chain.connectionLimits.find(({ maxConnections }) => open > maxConnections);
    if (limit !== undefined) {
      chain.counter("downstream_cx_overflow").value++;
      this.#accepted.on("error", () => {});
      await new Promise((resolve) => setTimeout(resolve, timerMillis(limit.delayMillis)));
      this.#bookUnserved(this.#accepted.readableLength);
      this.#end();
      return;
    }
    const tapped = tapAccepted(chain, this.#accepted, inspected.ends);
    const { networkFilter } = chain.chain;
    const isRouted = networkFilter.kind === "http-connection-manager" && networkFilter.routing.mode === "routed";
    const Served = isRouted ? RoutedConnection : VerbatimConnection;
    this.#served = new Served(chain, this.#accepted, tapped, inspected, () => this.#over());
    await this.#served.run();
  }

  get #needsInspection(): boolean {
    const { tls, http, proxyProtocol } = this.#listener.config.inspection;
    return tls || http || proxyProtocol !== undefined;
  }

  #question({ ends, hello, isTls, applicationProtocols }: Inspected) {
    const { address } = this.#listener.config;
    const path = address.kind === "pipe" ? address.path : undefined;
    const directRemote = remoteEndpoint(this.#accepted, path === undefined ? undefined : "");
    return {
      local: ends?.local ?? localEndpoint(this.#accepted, path),
      remote: ends?.remote ?? directRemote,
      directRemote,
      ...(hello?.serverName !== undefined && { serverName: hello.serverName }),
      transportProtocol: isTls ? ("tls" as const) : ("raw_buffer" as const),
      applicationProtocols,
    };
  }

  #bookHeader(bytes: number): void {
    if (bytes === 0) return;
    const book = this.#listener.runtime.ledger.book("downstream-bytes");
    book.enter(bytes);
    book.settleSkipped("proxy-protocol", bytes);
  }

  /** Books bytes that were looked at of a connection that nobody serves. */
  #bookUnserved(bytes: number): void {
    if (bytes === 0) return;
    const book = this.#listener.runtime.ledger.book("downstream-bytes");
    book.enter(bytes);
    book.settleDropped("not-served", bytes);
  }

  #giveUp(error: Error): void {
    const { sparseLog } = this.#listener.runtime;
    sparseLog.warn({ listener: this.#listener.config.name, error: error.message }, "a connection was given up");
    this.#bookUnserved(this.#accepted.readableLength);
    this.#end();
  }

  #end(): void {
    this.#accepted.on("error", () => {}).destroy();
    this.#over();
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#isCounted) this.#chain?.connectionOver();
    this.#onClosed();
  }
}
