import { type DecompressionLimits, decompressionLimit, isCoded } from "../../analysis/content/decode-bodies.ts";
import { DEFAULT_LIMITS } from "../../analysis/limits.ts";
import { rowOf } from "../../analysis/protocols/index.ts";
import type { Redactor } from "../../analysis/redaction/index.ts";
import type { Body, Exchange, Header, Ledger, LedgerBook, MemoryBudget } from "../../model/index.ts";
import { type BodyDecoder, type DecodeJob, ThreadDecoder } from "./thread-decoder.ts";

export interface PacedDecoderOptions {
  /** Charged with what waits. */
  readonly budget: MemoryBudget;
  /** Its book `coded-bodies` counts what is coded, from the first on: handled, or skipped because of the `decode-budget`. */
  readonly ledger: Ledger;
  /** How much of a core may go into decoding, and into what is then done with what was coded; default 5 %. */
  readonly share?: number;
  /** Searches bodies later on: that is done elsewhere, with what was decoded and with what is long. */
  readonly redactor?: Redactor | undefined;
  /** Exchanges whose bodies are decoded, or are long, become entries of a HAR there, instead. */
  readonly makes?: "har-entries";
  readonly decoder?: BodyDecoder;
  /** Told when it gets something to do, and when nothing waits any more. */
  readonly onChange?: (isIdle: boolean) => void;
  /** Milliseconds, of a clock that never goes back; default performance.now. */
  readonly now?: () => number;
}

/**
 * Undoes the content codings of a tap's exchanges beside the traffic that passes: elsewhere than on the event loop, and only as long
 * as its share of a core lasts. A body beyond that stays coded and says `decode-budget`: a few hundred bytes can ask for a tenth of a
 * second. Exchanges come out in the order in which they came in.
 */
export class PacedDecoder {
  readonly #budget: MemoryBudget;
  readonly #ledger: Ledger;
  readonly #share: number;
  readonly #redactor: Redactor | undefined;
  readonly #makesEntries: boolean;
  readonly #decoder: BodyDecoder;
  readonly #onChange: (isIdle: boolean) => void;
  readonly #now: () => number;
  readonly #waiting: Waiting<Exchange>[] = [];
  /** Milliseconds of CPU that may be used now; below zero after something that took longer. */
  #credit: number;
  #creditAt: number;
  #isBusy = false;
  #idle: (() => void)[] = [];

  constructor(options: PacedDecoderOptions) {
    this.#budget = options.budget;
    this.#ledger = options.ledger;
    this.#share = options.share ?? DEFAULT_SHARE;
    this.#redactor = options.redactor;
    this.#makesEntries = options.makes === "har-entries";
    this.#decoder = options.decoder ?? ThreadDecoder.shared;
    this.#onChange = options.onChange ?? (() => {});
    this.#now = options.now ?? (() => performance.now());
    this.#credit = this.#share * BURST_MILLIS;
    this.#creditAt = this.#now();
  }

  /**
   * Calls `done` once, at once where there is nothing to decode and nobody waits. What the exchange's bodies refer to is borrowed
   * until the call returns.
   * @param done gets the entry where one was made; its exchange is as it was then
   */
  submit<Of extends Exchange>(exchange: Of, done: (exchange: Of, entry?: Uint8Array) => void): void {
    const { coded, isLong } = this.#survey(exchange);
    if (coded > 0) this.#book.enter(coded);
    else if (!isLong && this.#waiting.length === 0) {
      done(exchange);
      return;
    }
    const bytes = sizeOf(exchange);
    if (this.#waiting.length >= MAX_WAITING || !this.#budget.tryReserve(bytes)) {
      done(this.#pass(exchange, coded));
      return;
    }
    const waiting: Waiting<Of> = { exchange: copyBodies(exchange), coded, isLong, bytes, done };
    if (this.#waiting.push(waiting as unknown as Waiting<Exchange>) === 1) this.#onChange(false);
    this.#next();
  }

  get isIdle(): boolean {
    return this.#waiting.length === 0;
  }

  /** Resolves when everything that was submitted so far has been handed on. */
  whenIdle(): Promise<void> {
    if (this.isIdle) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  #next(): void {
    while (!this.#isBusy && this.#waiting.length > 0) {
      const { exchange, coded, isLong } = this.#waiting[0]!;
      if (coded > 0 && this.#hasCredit()) this.#work(exchange, coded);
      else if (isLong) this.#work(this.#pass(exchange, coded), 0);
      else this.#handOn(this.#pass(exchange, coded));
    }
    if (this.#waiting.length > 0) return;
    this.#onChange(true);
    const idle = this.#idle;
    this.#idle = [];
    for (const resolve of idle) resolve();
  }

  /** @param coded how many of its bodies are decoded */
  #work(exchange: Exchange, coded: number): void {
    const bodies = this.#findBodies(exchange);
    const most = bodies.reduce((sum, { body, headers }) => sum + mostBytes(body, headers), 0);
    const room = most * (this.#makesEntries ? ENTRY_BYTES_PER_BYTE : this.#redactor === undefined ? 1 : 2);
    if (!this.#budget.tryReserve(room)) {
      this.#handOn(this.#pass(exchange, coded));
      return;
    }
    this.#isBusy = true;
    const entryOf = this.#makesEntries ? exchange : undefined;
    const job = {
      bodies: entryOf === undefined ? bodies : [],
      limits: LIMITS,
      redaction: this.#redactor?.recipe,
      entryOf,
    };
    this.#decoder.run(job, (result) => {
      const began = this.#now();
      this.#isBusy = false;
      if (result === undefined) this.#handOn(this.#pass(exchange, coded));
      else {
        if (coded > 0) this.#book.settleHandled(coded);
        const decoded = new Map(bodies.map(({ body }, index) => [body, result.bodies[index]!]));
        result.redacted?.forEach((body, index) => {
          this.#redactor?.learn(result.bodies[index]!, body);
        });
        this.#handOn(
          replaceBodies(exchange, (body) => decoded.get(body) ?? body),
          result.entry,
        );
      }
      this.#budget.release(room);
      if (coded > 0) this.#credit -= (result?.cpuMicros ?? 0) / 1000 + (this.#now() - began);
      this.#next();
    });
  }

  #handOn(exchange: Exchange, entry?: Uint8Array): void {
    const { bytes, done } = this.#waiting.shift()!;
    done(exchange, entry);
    this.#budget.release(bytes);
  }

  /** The exchange with its bodies as they are on the wire. */
  #pass<Of extends Exchange>(exchange: Of, coded: number): Of {
    if (coded === 0) return exchange;
    this.#book.settleSkipped("decode-budget", coded);
    return replaceBodies(exchange, (body, headers) =>
      isCoded(body, headers) ? { ...body, decodingProblem: "decode-budget" } : body,
    );
  }

  get #book(): LedgerBook {
    return this.#ledger.book("coded-bodies");
  }

  #hasCredit(): boolean {
    const now = this.#now();
    this.#credit = Math.min(this.#share * BURST_MILLIS, this.#credit + this.#share * (now - this.#creditAt));
    this.#creditAt = now;
    return this.#credit > 0;
  }

  #survey(exchange: Exchange): { readonly coded: number; readonly isLong: boolean } {
    let coded = 0;
    let isLong = false;
    replaceBodies(exchange, (body, headers) => {
      if (isCoded(body, headers)) coded++;
      else isLong ||= this.#isLong(body);
      return body;
    });
    return { coded, isLong };
  }

  #findBodies(exchange: Exchange): CodedBody[] {
    const found: CodedBody[] = [];
    replaceBodies(exchange, (body, headers) => {
      if (isCoded(body, headers) || this.#isLong(body)) found.push({ body, headers: headers.filter(tellsOfContent) });
      return body;
    });
    return found;
  }

  #isLong(body: Body): boolean {
    return body.bytes.length >= LONG_BYTES && (this.#makesEntries || this.#redactor?.recipe !== undefined);
  }
}

type CodedBody = DecodeJob["bodies"][number];

interface Waiting<Of> {
  readonly exchange: Of;
  readonly coded: number;
  readonly isLong: boolean;
  readonly bytes: number;
  readonly done: (exchange: Of, entry?: Uint8Array) => void;
}

/** A twentieth of a core. */
const DEFAULT_SHARE = 0.05;
/** Credit that was not used is kept for so long: a burst after a pause is decoded. */
const BURST_MILLIS = 2000;
/** Exchanges that wait at once; what comes then is handed on as it is, before them. */
const MAX_WAITING = 256;
/**
 * The part of a body that is shown while traffic passes: what comes out is looked at and written on the event loop, so that a bomb may not
 * become much longer than honest text does.
 */
const LIMITS: DecompressionLimits = { ...DEFAULT_LIMITS, decompressedBytes: 1024 * 1024, decompressionRatio: 64 };

/** Shorter bodies are searched in the time that it takes to hand them over. */
const LONG_BYTES = 16 * 1024;

/** How much of a body there may be once it is decoded. */
function mostBytes(body: Body, headers: readonly Header[]): number {
  const { length } = body.bytes;
  return isCoded(body, headers) ? decompressionLimit(length, LIMITS) : length;
}

/** A control character takes six characters in JSON. */
const ENTRY_BYTES_PER_BYTE = 7;

function tellsOfContent({ name }: Header): boolean {
  return /^content-(?:encoding|type)$/i.test(name ?? "");
}

type ReplaceBody = (body: Body, headers: readonly Header[]) => Body;

function replaceBodies<Of extends Exchange>(exchange: Of, replace: ReplaceBody): Of {
  return (rowOf(exchange).replaceBodies?.(exchange, replace) as Of | undefined) ?? exchange;
}

function copyBodies<Of extends Exchange>(exchange: Of): Of {
  // Not `slice`, which shares memory where the bytes are a Buffer.
  return replaceBodies(exchange, (body) =>
    body.bytes.length === 0 ? body : { ...body, bytes: new Uint8Array(body.bytes) },
  );
}

function sizeOf(exchange: Exchange): number {
  let bytes = OVERHEAD_BYTES;
  replaceBodies(exchange, (body) => {
    bytes += body.bytes.length;
    return body;
  });
  return bytes;
}

/** Rough memory of an exchange beside its bodies. */
const OVERHEAD_BYTES = 2048;
