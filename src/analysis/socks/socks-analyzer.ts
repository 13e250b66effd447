import type { Direction, LedgerReason, SocketClosed, Timestamp } from "../../model/index.ts";
import { OpaqueStream } from "../opaque/opaque-stream.ts";
import { type AnalysisContext, type ProtocolAnalyzer, senderOf } from "../protocol-analyzer.ts";
import { type HandshakeLength, LONGEST_HANDSHAKE, measureClient, measureServer } from "./measure-handshake.ts";

/**
 * Shows the handshake of SOCKS as one `tcp` exchange, and passes what follows it in each direction on to what is found there, also
 * what the client sends before it is answered.
 */
export class SocksAnalyzer implements ProtocolAnalyzer {
  readonly #inside: ProtocolAnalyzer;
  readonly #client: Direction;
  readonly #sides: Record<Direction, Side> = { read: new Side(), write: new Side() };
  /** Until the handshake is over in both directions. */
  #handshake: OpaqueStream | undefined;

  constructor(context: AnalysisContext) {
    this.#handshake = new OpaqueStream(context);
    this.#inside = context.detectInside();
    // The detector has told who sends the methods.
    this.#client = senderOf(context.connection, "read") === "server" ? "write" : "read";
  }

  push(direction: Direction, data: Uint8Array, offset: number, time: Timestamp): void {
    const side = this.#sides[direction];
    if (side.end === undefined) this.#measure(side, direction, data, offset);
    const own = Math.min(Math.max(0, (side.end ?? Number.POSITIVE_INFINITY) - offset), data.length);
    if (own > 0) this.#handshake?.push(direction, data.subarray(0, own), time);
    this.#endHandshake(time);
    if (own < data.length) this.#inside.push(direction, data.subarray(own), offset + own - side.end!, time);
  }

  gap(direction: Direction, size: number | undefined, time: Timestamp, reason: LedgerReason): void {
    const side = this.#sides[direction];
    // How much of the handshake is missing is not known: what follows is searched.
    side.end ??= side.length;
    this.#handshake?.gap(direction, size, time);
    this.#inside.gap(direction, size, time, reason);
    this.#endHandshake(time);
  }

  end(direction: Direction, time: Timestamp): void {
    this.#handshake?.end(direction, time);
    this.#inside.end(direction, time);
  }

  close(time: Timestamp, how: SocketClosed["how"]): void {
    this.#handshake?.close(time, how);
    this.#inside.close(time, how);
  }

  /** Byte by byte, so that the end stands where it does however the bytes are cut. */
  #measure(side: Side, direction: Direction, data: Uint8Array, offset: number): void {
    for (let at = 0; at < data.length && side.end === undefined; at++) {
      const length = side.with(data[at]!, (held) =>
        direction === this.#client ? measureClient(held) : measureServer(held, this.#sides[this.#client].held),
      );
      if (length === "none") side.end = offset + at;
      else if (length !== "more") side.end = length;
    }
  }

  #endHandshake(time: Timestamp): void {
    if (this.#handshake === undefined || this.#sides.read.end === undefined || this.#sides.write.end === undefined)
      return;
    this.#handshake.close(time, "unknown");
    this.#handshake = undefined;
  }
}

/** One direction's part of the handshake. */
class Side {
  readonly #bytes = new Uint8Array(LONGEST_HANDSHAKE);
  length = 0;
  /** Where it ends in its stream, once that is known. */
  end: number | undefined;

  get held(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  /** @returns what the bytes with this one behind them say */
  with(byte: number, measure: (held: Uint8Array) => HandshakeLength): HandshakeLength {
    if (this.length === LONGEST_HANDSHAKE) return "none";
    this.#bytes[this.length++] = byte;
    return measure(this.held);
  }
}
