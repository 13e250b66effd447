import {
  type Direction,
  type ExchangeTimes,
  type LedgerReason,
  NO_APPLICATION,
  type OpaqueExchange,
  type SocketClosed,
  type Timestamp,
} from "../../model/index.ts";
import { BodyCollector } from "../body-collector.ts";
import { transportTimes } from "../exchange-times.ts";
import { type AnalysisContext, senderOf } from "../protocol-analyzer.ts";

/**
 * A connection that nothing was recognised in: one `tcp` exchange with what each side sent as the body of a message, sizes
 * and times. Where it is not known who dialled, the side that spoke first counts as the client.
 *
 * Its bytes are settled as skipped (`unrecognised`, or the reason given).
 */
export class OpaqueStream {
  readonly #context: AnalysisContext;
  readonly #options: OpaqueStreamOptions;
  readonly #sides: Record<Direction, Side | undefined> = { read: undefined, write: undefined };
  #first: Direction | undefined;
  #gap = false;
  #unfinished = false;
  readonly #problems: string[] = [];
  #identity: { readonly id: number; readonly index: number } | undefined;

  constructor(context: AnalysisContext, options: OpaqueStreamOptions = {}) {
    this.#context = context;
    this.#options = options;
  }

  push(direction: Direction, data: Uint8Array, time: Timestamp, reason: LedgerReason = "unrecognised"): void {
    this.#context.bytes.settleSkipped(reason, data.length);
    this.begin(direction, time);
    const side = this.#side(direction, time);
    if (this.#options.keep === false) side.body.skip(data.length);
    else side.body.push(data, 0, data.length);
    side.finished = time;
  }

  /** It is an exchange, even if no byte follows. */
  begin(direction: Direction, time: Timestamp): void {
    this.#identity ??= { id: this.#context.nextId(), index: this.#context.nextIndex() };
    this.#side(direction, time);
  }

  /** One of `Exchange.problems`. */
  report(problem: string): void {
    if (!this.#problems.includes(problem) && this.#problems.length < MAX_PROBLEMS) this.#problems.push(problem);
  }

  /** It broke off before it could carry anything. */
  leaveUnfinished(): void {
    this.#unfinished = true;
  }

  gap(direction: Direction, size: number | undefined, time: Timestamp): void {
    this.#gap = true;
    this.#side(direction, time).body.skip(size ?? 0);
  }

  end(direction: Direction, _time: Timestamp): void {
    const side = this.#sides[direction];
    if (side !== undefined) side.ended = true;
  }

  /** Emits the exchange, if there was a byte. */
  close(_time: Timestamp, how: SocketClosed["how"]): void {
    if (this.#identity === undefined) {
      this.discard();
      return;
    }
    const { connection } = this.#context;
    const toServer = senderOf(connection, "read") ?? (this.#first === "read" ? "client" : "server");
    const [client, server] =
      toServer === "client" ? [this.#sides.read, this.#sides.write] : [this.#sides.write, this.#sides.read];
    const clientSide = client?.finish(how);
    const serverSide = server?.finish(how);
    const times: ExchangeTimes = {
      ...(this.#identity.index === 0 ? transportTimes(connection) : {}),
      ...(clientSide && { requestStart: clientSide.started, requestEnd: clientSide.finished }),
      ...(serverSide && { responseStart: serverSide.started, responseEnd: serverSide.finished }),
    };
    const exchange: OpaqueExchange = {
      ...this.#identity,
      connection,
      kind: "opaque",
      protocol: this.#options.protocol ?? (connection.transport === "udp" ? "udp" : "tcp"),
      application: NO_APPLICATION,
      ...(clientSide && { client: clientSide }),
      ...(serverSide && { server: serverSide }),
      times,
      quality: this.#gap
        ? "gap"
        : this.#context.midStream
          ? "mid-stream"
          : this.#options.keep !== false && (clientSide?.body.truncated || serverSide?.body.truncated)
            ? "truncated"
            : this.#unfinished
              ? "unfinished"
              : "complete",
      problems: how === "reset" ? [...this.#problems, "connection-reset"] : this.#problems,
    };
    this.#context.emit(exchange);
  }

  /** Forgets it: what was recognised later explains these bytes as the middle of something. */
  discard(): void {
    this.#sides.read?.body.take(false);
    this.#sides.write?.body.take(false);
  }

  #side(direction: Direction, time: Timestamp): Side {
    this.#first ??= direction;
    this.#sides[direction] ??= new Side(this.#context, time);
    return this.#sides[direction];
  }
}

export interface OpaqueStreamOptions {
  /** The exchange's protocol, by default the transport's. */
  readonly protocol?: string;
  /** Keep the first bytes of each side. Default true; ciphertext is of no use to anybody. */
  readonly keep?: boolean;
}

const MAX_PROBLEMS = 8;

class Side {
  readonly body: BodyCollector;
  readonly started: Timestamp;
  finished: Timestamp;
  ended = false;

  constructor(context: AnalysisContext, time: Timestamp) {
    this.body = new BodyCollector(context.limits.bodyBytes, context.budget);
    this.started = time;
    this.finished = time;
  }

  finish(how: SocketClosed["how"]) {
    return {
      body: this.body.take(this.ended || how === "fin"),
      started: this.started,
      finished: this.finished,
    };
  }
}
