import type { Exchange } from "../../model/index.ts";
import type { SourceFacts } from "../api/source-facts.ts";

/** Senders that are told apart; further ones are one. */
const MAX_SENDERS = 4096;
const OTHER = "(other)";

/** They send when they have something, and then alone: between two of their reports nothing tells whether they are there. */
const SILENT_KINDS: ReadonlySet<string> = new Set(["publish", "otlp"]);
/** How long such a sender is held to be there behind its last report. */
const SILENT_MILLIS = 24 * 3600 * 1000;

/** Who sends, how much, and what was lost of it. */
export class Senders {
  readonly #byKey = new Map<string, MutableFacts>();
  #lastSeen: number | undefined;

  /** When one of them sent last, in milliseconds since the epoch. */
  get lastSeen(): number | undefined {
    return this.#lastSeen;
  }

  /**
   * Until when somebody may be there who sends only what it has, in milliseconds since the epoch: a day behind its last report. Of those
   * that ask it is known when they have gone.
   */
  get awaitedUntil(): number | undefined {
    let last: number | undefined;
    for (const { kind, lastSeen, lastAsked } of this.#byKey.values())
      if (lastSeen !== undefined && lastAsked === undefined && SILENT_KINDS.has(kind))
        last = Math.max(last ?? 0, lastSeen + SILENT_MILLIS);
    return last;
  }

  /** A sender has asked what it is to send, as it does again and again while it is there. */
  ask(kind: string, name: string, now: number = Date.now()): void {
    this.#find(kind, name).lastAsked = now;
  }

  /** Exchanges came from a sender. */
  count(kind: string, name: string, exchanges: number, now: number = Date.now()): void {
    const facts = this.#find(kind, name);
    facts.exchanges += exchanges;
    facts.lastSeen = now;
    this.#lastSeen = now;
  }

  /** When an exchange of a sender began: how late it comes, and whether the clocks agree. One without a time says nothing. */
  observe(kind: string, name: string, { times }: Exchange, now: number = Date.now()): void {
    const began = times.requestStart ?? times.responseStart;
    if (began === undefined) return;
    const facts = this.#find(kind, name);
    const lag = now - (began.seconds * 1000 + began.nanos / 1e6);
    facts.lagMillis = Math.round(lag);
    if (lag > LATE_MILLIS) facts.late = (facts.late ?? 0) + 1;
    if (lag < -AHEAD_MILLIS) facts.ahead = (facts.ahead ?? 0) + 1;
  }

  /** Something of a sender was not taken. */
  lose(kind: string, name: string, reason: string, amount = 1): void {
    const { lost } = this.#find(kind, name);
    lost[reason] = (lost[reason] ?? 0) + amount;
  }

  describe(kind: string, name: string, version: string): void {
    this.#find(kind, name).version = version;
  }

  get facts(): readonly SourceFacts[] {
    return [...this.#byKey.values()];
  }

  #find(kind: string, name: string): MutableFacts {
    const known = this.#byKey.get(`${kind} ${name}`);
    if (known !== undefined) return known;
    const told = this.#byKey.size < MAX_SENDERS ? name : OTHER;
    const key = `${kind} ${told}`;
    const facts = this.#byKey.get(key) ?? { kind, name: told, exchanges: 0, lost: {} };
    this.#byKey.set(key, facts);
    return facts;
  }
}

const LATE_MILLIS = 300_000;
const AHEAD_MILLIS = 2000;

interface MutableFacts extends SourceFacts {
  lagMillis?: number;
  late?: number;
  ahead?: number;
  exchanges: number;
  lastSeen?: number;
  lastAsked?: number;
  version?: string;
  readonly lost: Record<string, number>;
}
