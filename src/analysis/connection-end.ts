import {
  type Connection,
  compareTimestamps,
  type Direction,
  type Exchange,
  nanosBetween,
  type Outcome,
  type SocketClosed,
  type Timestamp,
} from "../model/index.ts";
import { senderOf } from "./protocol-analyzer.ts";

/**
 * How a connection ended, as far as was seen: who closed it, who reset it, or that nothing moved on it any more. An exchange without a
 * response, or with a part of one, gets it among its problems, in the order in which it was seen, each with the time since its request:
 *
 *     closed-by-client:0.2ms   closed-by-server:12ms   reset-by-server:3.1ms   timed-out:30000ms
 *
 * Nothing is said where bytes of the server were missed since the request: then the response may be among them.
 */
export class ConnectionEnd {
  /** Replaced by a longer one each time: pushing would make room for many more, and nearly every connection has two. */
  #seen: readonly Seen[] = NOTHING_SEEN;
  /** When bytes of the direction were missed last. */
  readonly #missed: { [D in Direction]?: Timestamp } = {};

  missed(direction: Direction, time: Timestamp): void {
    this.#missed[direction] = time;
  }

  /** The direction's sender half-closed. */
  ended(direction: Direction, time: Timestamp): void {
    for (const one of this.#seen) if (one.how === "closed" && one.direction === direction) return;
    this.#add({ how: "closed", direction, time });
  }

  closed({ how, by, time }: SocketClosed): void {
    if (how === "reset" && by !== undefined) this.#add({ how: "reset", direction: by, time });
    else if (how === "timeout") this.#add({ how: "timed-out", time });
  }

  #add(one: Seen): void {
    this.#seen = this.#seen.length === 0 ? [one] : [...this.#seen, one];
  }

  /** The exchange with what was seen added to its problems; itself where there is nothing to say. */
  explain(exchange: Exchange): Exchange {
    if (this.#seen.length === 0) return exchange;
    const { connection, times } = exchange;
    const since = times.requestEnd ?? times.requestStart;
    const unanswered = this.#isUnanswered(exchange, since);
    const wasReset = exchange.problems.includes(RESET);
    const told = this.#seen.filter(({ how }) => unanswered || (wasReset && how === "reset"));
    if (told.length === 0) return exchange;
    return { ...exchange, problems: [...exchange.problems, ...told.map((one) => problemOf(one, connection, since))] };
  }

  #isUnanswered(exchange: Exchange, since: Timestamp | undefined): boolean {
    const { problems, quality } = exchange;
    const isBroken = problems.includes(UNANSWERED) || quality === "unfinished";
    if (!isBroken || problems.some((problem) => OWN_END.test(problem))) return false;
    for (const direction of ["read", "write"] as const) {
      const missed = this.#missed[direction];
      if (missed === undefined || senderOf(exchange.connection, direction) === "client") continue;
      if (since === undefined || compareTimestamps(missed, since) >= 0) return false;
    }
    return true;
  }
}

const NOTHING_SEEN: readonly Seen[] = [];

/**
 * The outcome of an exchange without a response, by its problems: how the connection ended, or else the first problem that is none of
 * `untelling`. A reset is an error, all else is no answer.
 */
export function unansweredOutcome(problems: readonly string[], untelling: readonly string[] = []): Outcome {
  const own = problems.find((problem) => problem !== UNANSWERED && !untelling.includes(problem));
  const reason = describeEnd(problems) ?? own ?? UNANSWERED;
  return { result: problems.includes(RESET) ? "error" : "none", reason };
}

/**
 * The problems of a `ConnectionEnd`, for people: `closed by the client after 0.2 ms, closed by the server after 12 ms`; undefined
 * where there are none.
 */
export function describeEnd(problems: readonly string[]): string | undefined {
  const said = problems.flatMap((problem) => {
    const [, how, by, elapsed] = END_PROBLEM.exec(problem) ?? [];
    if (how === undefined) return [];
    const what = how === "timed-out" ? "timed out" : `${how} by ${by === "unknown" ? "one side" : `the ${by}`}`;
    return [elapsed === undefined ? what : `${what} after ${elapsed} ms`];
  });
  return said.length === 0 ? undefined : said.join(", ");
}

const END_PROBLEM = /^(closed|reset|timed-out)(?:-by-(client|server|unknown))?(?::([\d.]+)ms)?$/;

/** The problem of an exchange whose connection was reset. */
const RESET = "connection-reset";

/** The problem of an exchange whose response was never seen, of whatever protocol. */
const UNANSWERED = "request-without-response";

/** A stream of HTTP/2 has an end of its own; a response is known to have been lost. */
const OWN_END = /^(?:reset:|goaway:|response-lost$)/;

interface Seen {
  readonly how: "closed" | "reset" | "timed-out";
  readonly direction?: Direction;
  readonly time: Timestamp;
}

function problemOf({ how, direction, time }: Seen, connection: Connection, since: Timestamp | undefined): string {
  const what = direction === undefined ? how : `${how}-by-${senderOf(connection, direction) ?? "unknown"}`;
  const nanos = since === undefined ? -1 : nanosBetween(since, time);
  return nanos < 0 ? what : `${what}:${formatMillis(nanos)}ms`;
}

/** Three digits, or all of more. */
function formatMillis(nanos: number): string {
  const millis = nanos / 1e6;
  return String(millis >= 100 ? Math.round(millis) : Number(millis.toFixed(millis >= 10 ? 1 : millis >= 1 ? 2 : 3)));
}
