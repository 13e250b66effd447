import type { Dialect } from "../dialect.ts";
import { ANY_VERSION, type VersionRange, VersionRangeReader } from "./version-range.ts";

/**
 * Finds out whose messages a stream holds: what each message can come from narrows what the stream is. A message that cannot
 * come from what was seen before (two recordings in one) begins anew.
 *
 * Where nothing tells v1.19 from v1.20 it is v1.19: their messages are the same bytes, and v1.20 has a few names more.
 */
export class DialectFinder {
  readonly #reader = new VersionRangeReader();
  readonly #isTold: boolean;
  #range: VersionRange;
  /** The range before the first message that contradicted it. */
  #firstRange: VersionRange | undefined;
  #dialect: Dialect;

  /** @param version what the agent says of itself (`1.19.4`): nothing else is taken then. */
  constructor(version?: string) {
    const minor = /^v?1\.(\d+)/.exec(version ?? "")?.[1];
    this.#range = minor === undefined ? ANY_VERSION : { from: Number(minor), to: Number(minor) };
    this.#isTold = minor !== undefined;
    this.#dialect = dialectOf(this.#range);
  }

  /** Whose the messages are that were seen. */
  get dialect(): Dialect {
    return this.#dialect;
  }

  /** The versions that the stream can come from, by all that was seen. */
  get versions(): VersionRange {
    return this.#range;
  }

  /** Begins with what another has found out from the first messages of the same stream, up to where one contradicts those before it. */
  startWith(other: DialectFinder): void {
    if (this.#isTold) return;
    this.#range = other.#firstRange ?? other.#range;
    this.#dialect = dialectOf(this.#range);
  }

  /** Looks at the next message, `bytes[start, end)`, and gives whose it is. */
  choose(bytes: Uint8Array, start: number, end: number): Dialect {
    const { from, to } = this.#range;
    if (this.#isTold) return this.#dialect;
    const range = this.#reader.read(bytes, start, end);
    if (range === undefined || (range.from <= from && range.to >= to)) return this.#dialect;
    const narrowed = { from: Math.max(from, range.from), to: Math.min(to, range.to) };
    const isContradiction = narrowed.from > narrowed.to;
    if (isContradiction) this.#firstRange ??= this.#range;
    this.#range = isContradiction ? range : narrowed;
    this.#dialect = dialectOf(this.#range);
    return this.#dialect;
  }
}

/** The dialect whose texts fit: of versions that no dialect is of, that of the next one. */
function dialectOf({ from, to }: VersionRange): Dialect {
  if (to <= LAST_EARLY) return "v1.9";
  return from >= 20 ? "v1.20" : "v1.19";
}

/** Up to v1.12 drops have no place, and most texts are those of v1.9. */
const LAST_EARLY = 12;
