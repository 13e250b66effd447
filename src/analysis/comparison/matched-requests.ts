import type { Exchange } from "../../model/index.ts";
import { elapsedNanos } from "../../model/index.ts";
import { rowOf } from "../protocols/index.ts";
import { createSeededRandom } from "./statistics/seeded-random.ts";
import { ValueSample } from "./value-sample.ts";

/** A pair whose answers differ. */
export interface ChangedPair {
  readonly operation: string;
  readonly before: string;
  readonly after: string;
  /** Identifiers of the two exchanges. */
  readonly ids: readonly [number, number];
}

/**
 * The same requests on both sides: those that carry one `x-request-id` or trace on both, else those that ask the same with the same
 * body, in their order. All of A have to come before those of B.
 */
export class MatchedRequests {
  readonly #byId = new Map<string, Asked>();
  readonly #byQuestion = new Map<string, Queue>();
  #remembered = 0;
  /** Requests of A that found no room to be remembered. */
  beyond = 0;
  pairs = 0;
  /** Pairs that an identifier joined. */
  identified = 0;
  /** Pairs of which only the answer in B is an error, and of which only the one in A is. */
  failedAfter = 0;
  failedBefore = 0;
  changed = 0;
  readonly examples: ChangedPair[] = [];
  slower = 0;
  faster = 0;
  /** The time in B by that in A. */
  readonly ratios = new ValueSample(createSeededRandom(3));

  addBefore(exchange: Exchange): void {
    if (this.#remembered >= MOST_REMEMBERED) {
      this.beyond++;
      return;
    }
    this.#remembered++;
    const asked = askedOf(exchange);
    const { id, question } = keysOf(exchange);
    if (id !== undefined && !this.#byId.has(id)) this.#byId.set(id, asked);
    const same = this.#byQuestion.get(question);
    if (same === undefined) this.#byQuestion.set(question, { all: [asked], next: 0 });
    else same.all.push(asked);
  }

  addAfter(exchange: Exchange): void {
    const { id, question } = keysOf(exchange);
    const identified = id === undefined ? undefined : this.#byId.get(id);
    const before = identified?.isTaken === false ? identified : this.#takeNext(question);
    if (before === undefined) return;
    before.isTaken = true;
    this.pairs++;
    if (before === identified) this.identified++;
    this.#compare(before, askedOf(exchange), rowOf(exchange).operation(exchange));
  }

  #takeNext(question: string): Asked | undefined {
    const same = this.#byQuestion.get(question);
    while (same !== undefined && same.next < same.all.length) {
      const one = same.all[same.next++]!;
      if (!one.isTaken) return one;
    }
    return undefined;
  }

  #compare(before: Asked, after: Asked, operation: string): void {
    if (after.isError && !before.isError) this.failedAfter++;
    if (before.isError && !after.isError) this.failedBefore++;
    if (before.status !== after.status) {
      this.changed++;
      if (this.examples.length < MOST_EXAMPLES)
        this.examples.push({
          operation,
          before: before.status,
          after: after.status,
          ids: [before.exchange, after.exchange],
        });
    }
    if (before.nanos === undefined || after.nanos === undefined) return;
    if (after.nanos > before.nanos) this.slower++;
    else if (after.nanos < before.nanos) this.faster++;
    this.ratios.add(after.nanos / before.nanos, 0);
  }
}

const MOST_REMEMBERED = 100_000;
const MOST_EXAMPLES = 5;
const HASHED_BYTES = 4096;

interface Asked {
  readonly exchange: number;
  readonly status: string;
  readonly isError: boolean;
  readonly nanos: number | undefined;
  isTaken: boolean;
}

/** Requests that ask the same, and the first of them that may not be taken yet. */
interface Queue {
  readonly all: Asked[];
  next: number;
}

function askedOf(exchange: Exchange): Asked {
  const row = rowOf(exchange);
  const outcome = row.outcome(exchange);
  const nanos = elapsedNanos(exchange.times.requestStart, exchange.times.responseEnd);
  return {
    exchange: exchange.id,
    status: row.cells(exchange).status ?? outcome?.reason ?? "-",
    isError: outcome?.result === "error" || outcome?.result === "none",
    nanos: nanos !== undefined && nanos > 0 ? nanos : undefined,
    isTaken: false,
  };
}

function keysOf(exchange: Exchange): { id: string | undefined; question: string } {
  const row = rowOf(exchange);
  const { verb = "", target = "" } = row.cells(exchange);
  const { requestId, traceId } = row.evidence(exchange);
  const id = requestId ?? traceId;
  let question = `${verb} ${target}`;
  for (const detail of row.details(exchange, { bodies: true }))
    if (detail.part === "body" && detail.from === "client" && detail.body.size > 0)
      question += ` ${detail.body.size} ${hash(detail.body.bytes)}`;
  return { id: id === undefined ? undefined : `${id} ${verb} ${target}`, question };
}

/** FNV-1a: tells bodies apart that are not made to look alike. */
function hash(bytes: Uint8Array): number {
  let value = 0x811c9dc5;
  const end = Math.min(bytes.length, HASHED_BYTES);
  for (let at = 0; at < end; at++) value = Math.imul(value ^ bytes[at]!, 0x01000193);
  return value >>> 0;
}
