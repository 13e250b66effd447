import type { Direction, LedgerReason, SocketClosed, Timestamp } from "../../../model/index.ts";
import type { TunnelObserver } from "../../observed-streams.ts";
import { type AnalysisContext, type ProtocolAnalyzer, senderOf } from "../../protocol-analyzer.ts";

/** Shows whoever watches an exchange what passes after it changed its connection's protocol, as its bodies, beside the protocol's analyzer. */
export class ObservedTunnel implements ProtocolAnalyzer {
  readonly #context: AnalysisContext;
  readonly #inside: ProtocolAnalyzer;
  readonly #observer: TunnelObserver;

  constructor(context: AnalysisContext, inside: ProtocolAnalyzer, observer: TunnelObserver) {
    this.#context = context;
    this.#inside = inside;
    this.#observer = observer;
  }

  push(direction: Direction, data: Uint8Array, offset: number, time: Timestamp): void {
    const sender = senderOf(this.#context.connection, direction) ?? (direction === "read" ? "client" : "server");
    this.#observer.onBody(sender === "client" ? "request" : "response", data, time);
    this.#inside.push(direction, data, offset, time);
  }

  gap(direction: Direction, size: number | undefined, time: Timestamp, reason: LedgerReason): void {
    this.#inside.gap(direction, size, time, reason);
  }

  end(direction: Direction, time: Timestamp): void {
    this.#inside.end(direction, time);
  }

  close(time: Timestamp, how: SocketClosed["how"]): void {
    this.#inside.close(time, how);
    this.#observer.finish();
  }
}
