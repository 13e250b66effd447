import { appendFile, readFileSync, renameSync, writeFileSync } from "node:fs";
import type { SeriesGap } from "../store/exchange-store.ts";

export interface CoverageOptions {
  /** Keeps it from one run to the next; absent: it is of this run. */
  readonly file?: string | undefined;
  /** How much was lost so far. */
  readonly lost: () => number;
  /** When somebody sent last, in milliseconds since the epoch. */
  readonly lastSeen: () => number | undefined;
  /** Until when somebody who sends only what it has may be there and silent, in milliseconds since the epoch. */
  readonly awaitedUntil?: () => number | undefined;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

const MINUTE = 60_000;
/** Minutes that are remembered: 31 days. */
const MAX_MINUTES = 31 * 24 * 60;
/** Lines of the file beyond those before it is written anew: once a day. */
const SPARE_LINES = 24 * 60;

interface Minute {
  isPresent: boolean;
  isLossy: boolean;
}

/**
 * In which minutes somebody was there who would have sent, and in which something was lost: in the others nothing is known of how much there
 * was, and nothing is not zero. A minute is one line of a file, `MINUTE present lossy`, once it is over; where somebody is awaited who
 * is silent, the minute until when stands behind it.
 */
export class Coverage {
  readonly #options: CoverageOptions;
  readonly #minutes = new Map<number, Minute>();
  #attached = 0;
  #seen = 0;
  #lost: number;
  #current: number | undefined;
  /** The last minute in which somebody who was there before this run may be there and silent. */
  #awaited = 0;
  #lines = 0;

  constructor(options: CoverageOptions) {
    this.#options = options;
    this.#lost = options.lost();
    this.#load();
  }

  /** A source is connected, and may send at any time; gives what says that it is gone. */
  attach(): () => void {
    this.look();
    this.#attached++;
    this.look();
    let isGone = false;
    return () => {
      if (isGone) return;
      isGone = true;
      this.look();
      this.#attached--;
    };
  }

  /** Somebody has asked or sent. */
  see(): void {
    this.#seen = this.#now();
    this.look();
  }

  /** Looks who is there: several times a minute. */
  look(): void {
    const { lost, lastSeen } = this.#options;
    const number = Math.floor(this.#now() / MINUTE);
    const seen = Math.floor(Math.max(this.#seen, lastSeen() ?? 0) / MINUTE);
    // It may have sent since the last look at the minute before.
    const before = this.#minutes.get(seen);
    if (before !== undefined && seen === this.#current) before.isPresent = true;
    if (this.#current !== undefined && this.#current !== number) this.#write(this.#current);
    this.#current = number;
    const minute = this.#minutes.get(number) ?? { isPresent: false, isLossy: false };
    this.#minutes.set(number, minute);
    if (this.#minutes.size > MAX_MINUTES) this.#minutes.delete(this.#minutes.keys().next().value!);
    if (this.#attached > 0 || seen >= number || this.#lastAwaited >= number) minute.isPresent = true;
    const now = lost();
    if (now > this.#lost) minute.isLossy = true;
    this.#lost = now;
  }

  /**
   * Gaps of a range, in their order. Those of one reason within a bucket are told as one, which is as long as all of them and stands where the
   * first does: there are at most two a bucket.
   * @param from @param to @param width of a bucket: microseconds (the first two since the epoch)
   */
  gaps(from: number, to: number, width: number): SeriesGap[] {
    this.look();
    const current = this.#current!;
    const gaps: { from: number; to: number; reason: SeriesGap["reason"] }[] = [];
    /** The last gap of each reason: it goes on where the next one begins, or in its bucket. */
    const last = new Map<SeriesGap["reason"], (typeof gaps)[number]>();
    const bucketOf = (time: number): number => Math.floor((time - from) / width);
    /** A part of one bucket. */
    const addPart = (start: number, end: number, reason: SeriesGap["reason"]): void => {
      const before = last.get(reason);
      if (before !== undefined && (before.to === start || bucketOf(before.to) === bucketOf(start)))
        before.to += end - start;
      else {
        const gap = { from: start, to: end, reason };
        last.set(reason, gap);
        gaps.push(gap);
      }
    };
    const add = (start: number, end: number, reason: SeriesGap["reason"]): void => {
      for (let at = start; at < end; ) {
        const next = Math.min(end, from + (bucketOf(at) + 1) * width);
        addPart(at, next, reason);
        at = next;
      }
    };
    const begin = Math.max(Math.floor(from / MINUTE_MICROS), current - MAX_MINUTES);
    const end = Math.min(Math.ceil(to / MINUTE_MICROS), current + 1);
    add(from, Math.min(to, begin * MINUTE_MICROS), "no-source");
    for (let number = begin; number < end; number++) {
      const [start, stop] = [Math.max(from, number * MINUTE_MICROS), Math.min(to, (number + 1) * MINUTE_MICROS)];
      const minute = this.#minutes.get(number);
      // Of the minute that goes on it is not known yet.
      if (minute?.isPresent !== true && number !== current) add(start, stop, "no-source");
      if (minute?.isLossy === true) add(start, stop, "lost");
    }
    return gaps;
  }

  /** Keeps the minute that goes on. */
  close(): void {
    this.look();
    this.#write(this.#current!);
  }

  get #lastAwaited(): number {
    return Math.max(this.#awaited, Math.floor((this.#options.awaitedUntil?.() ?? 0) / MINUTE));
  }

  #now(): number {
    return (this.#options.now ?? Date.now)();
  }

  /** Lines that are none, and those of minutes that are too long ago, are left out. */
  #load(): void {
    const { file } = this.#options;
    if (file === undefined) return;
    const oldest = Math.floor(this.#now() / MINUTE) - MAX_MINUTES;
    let isLeftOut = false;
    try {
      for (const line of readFileSync(file, "latin1").split("\n")) {
        const [, number, present, lossy, awaited] = /^(\d{1,12}) ([01]) ([01])(?: (\d{1,12}))?$/.exec(line) ?? [];
        if (number === undefined || Number(number) <= oldest) {
          isLeftOut ||= line !== "";
          continue;
        }
        this.#lines++;
        this.#awaited = Number(awaited ?? 0);
        const before = this.#minutes.get(Number(number));
        this.#minutes.set(Number(number), {
          isPresent: present === "1" || before?.isPresent === true,
          isLossy: lossy === "1" || before?.isLossy === true,
        });
      }
      if (isLeftOut) this.#writeAll(file);
    } catch {
      // There is none yet, or it cannot be read: what was before is not known.
    }
  }

  /** Only the minutes that are remembered, whole or not at all. */
  #writeAll(file: string): void {
    const lines = [...this.#minutes.keys()].map((number) => this.#lineOf(number));
    writeFileSync(`${file}.part`, lines.join(""), { mode: 0o600 });
    renameSync(`${file}.part`, file);
    this.#lines = lines.length;
  }

  #write(number: number): void {
    const { file } = this.#options;
    if (file === undefined) return;
    // Where it cannot be written, that minute is not known after the next start.
    if (this.#lines < MAX_MINUTES + SPARE_LINES) {
      this.#lines++;
      appendFile(file, this.#lineOf(number), { mode: 0o600 }, () => {});
      return;
    }
    try {
      this.#writeAll(file);
    } catch {
      // As above; it is tried again at the next minute.
    }
  }

  #lineOf(number: number): string {
    const { isPresent, isLossy } = this.#minutes.get(number) ?? { isPresent: false, isLossy: false };
    const awaited = this.#lastAwaited;
    return `${number} ${isPresent ? 1 : 0} ${isLossy ? 1 : 0}${awaited > number ? ` ${awaited}` : ""}\n`;
  }
}

const MINUTE_MICROS = MINUTE * 1000;
