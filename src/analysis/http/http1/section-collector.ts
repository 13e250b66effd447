import type { Header, MemoryBudget } from "../../../model/index.ts";
import { decodeLatin1 } from "../../../wire/text/latin1.ts";

/**
 * Collects a head or a trailer section: its bytes, where they span several pushes, and where the parser found its elements.
 *
 * In the common case the section lies in one push: its bytes are decoded once, where they are, and every element is a slice of
 * that string.
 */
export class SectionCollector {
  readonly #maxBytes: number;
  readonly #maxFields: number;
  readonly #budget: MemoryBudget;
  #start = 0;
  #open = false;
  #kept: Uint8Array | undefined;
  #keptLength = 0;
  /** Name start, name end, value start, value end, for each field; relative to the section's start. One of `SPARE` between `open` and `release`. */
  #fields: number[] = NO_FIELDS;
  /** How many numbers of `#fields` are this section's: an array that is emptied would have to grow again. */
  #fieldsLength = 0;
  #nameStart = 0;
  #nameEnd = 0;
  #valueStart = 0;
  #valueEnd = 0;
  /** The text of the section that was closed last, as far as it was kept. */
  #text = "";
  /** Some of the section was not kept. */
  cut = false;
  /** Bytes that were not kept, of which `takeCutBytes` has not told yet. */
  #cutBytes = 0;
  #isFull = false;

  constructor(limits: { readonly headBytes: number; readonly headerCount: number }, budget: MemoryBudget) {
    this.#maxBytes = limits.headBytes;
    this.#maxFields = limits.headerCount;
    this.#budget = budget;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  open(at: number): void {
    this.#start = at;
    this.#open = true;
    if (this.#fields === NO_FIELDS) this.#fields = SPARE.pop() ?? [];
    this.#fieldsLength = 0;
    this.#keptLength = 0;
    this.cut = false;
    this.#isFull = false;
  }

  /** Bytes that were not kept since the last call: none that were not pushed. */
  takeCutBytes(): number {
    const bytes = this.#cutBytes;
    this.#cutBytes = 0;
    return bytes;
  }

  name(start: number, end: number): void {
    this.#nameStart = start;
    this.#nameEnd = end;
  }

  value(start: number, end: number): void {
    this.#valueStart = start;
    this.#valueEnd = end;
  }

  endField(): void {
    if (this.#fieldsLength >= 4 * this.#maxFields) {
      if (this.#valueEnd - this.#start <= this.#maxBytes) this.#cutOff(this.#valueEnd - this.#nameStart);
      return;
    }
    const start = this.#start;
    const fields = this.#fields;
    fields[this.#fieldsLength++] = this.#nameStart - start;
    fields[this.#fieldsLength++] = this.#nameEnd - start;
    fields[this.#fieldsLength++] = this.#valueStart - start;
    fields[this.#fieldsLength++] = this.#valueEnd - start;
  }

  /** The push is over and the section is not: keeps its part of `data[0, end)`, whose first byte stands at `base`. */
  keep(data: Uint8Array, end: number, base: number): void {
    const from = Math.max(0, this.#start - base);
    const wanted = this.#isFull ? 0 : Math.min(end - from, this.#maxBytes - this.#keptLength);
    const length = wanted > 0 && this.#grow(this.#keptLength + wanted) ? wanted : 0;
    if (length > 0) this.#kept!.set(data.subarray(from, from + length), this.#keptLength);
    this.#keptLength += length;
    if (length === end - from) return;
    // Bytes after a hole would stand in the wrong place.
    this.#isFull = true;
    this.#cutOff(end - from - length);
  }

  /** The section ends at `at`. What is read from it afterwards is valid until the next `open` or `release`. */
  close(data: Uint8Array, base: number, at: number): void {
    this.#open = false;
    if (this.#start >= base) {
      const from = this.#start - base;
      const length = Math.min(at - this.#start, this.#maxBytes);
      if (length < at - this.#start) this.#cutOff(at - this.#start - length);
      this.#text = decodeLatin1(data, from, from + length);
      return;
    }
    this.keep(data, at - base, base);
    this.#text = this.#kept === undefined ? "" : decodeLatin1(this.#kept, 0, this.#keptLength);
    this.#releaseBytes();
  }

  /** Lets go of everything that was kept. */
  release(): void {
    this.#open = false;
    this.#text = "";
    if (this.#fields !== NO_FIELDS && this.#fields.length <= MAX_KEPT_NUMBERS && SPARE.length < MAX_SPARE)
      SPARE.push(this.#fields);
    this.#fields = NO_FIELDS;
    this.#fieldsLength = 0;
    this.#releaseBytes();
  }

  #releaseBytes(): void {
    if (this.#kept === undefined) return;
    this.#budget.release(this.#kept.length);
    this.#kept = undefined;
    this.#keptLength = 0;
  }

  /** The text between two positions in the stream; what was cut off is not in it. */
  text(start: number, end: number): string {
    return this.#text.slice(start - this.#start, end - this.#start);
  }

  /** @param folded a value may be continued on further lines (RFC 9112 §5.2): each continuation becomes a space */
  readFields(folded: boolean): Header[] {
    const fields = this.#fields;
    const text = this.#text;
    const headers: Header[] = [];
    for (let i = 0; i < this.#fieldsLength; i += 4) {
      let end = fields[i + 3]!;
      if (end > text.length) {
        this.cut = true;
        break;
      }
      const start = fields[i + 2]!;
      while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
      const value = text.slice(start, end);
      headers.push({
        name: text.slice(fields[i]!, fields[i + 1]!),
        value: folded ? value.replace(FOLD, " ") : value,
      });
    }
    return headers;
  }

  #cutOff(bytes: number): void {
    this.cut = true;
    this.#cutBytes += bytes;
  }

  #grow(length: number): boolean {
    if (this.#kept !== undefined && this.#kept.length >= length) return true;
    const capacity = Math.min(this.#maxBytes, Math.max(1024, length, 2 * (this.#kept?.length ?? 0)));
    if (!this.#budget.tryReserve(capacity - (this.#kept?.length ?? 0))) return false;
    const grown = new Uint8Array(capacity);
    if (this.#kept !== undefined) grown.set(this.#kept.subarray(0, this.#keptLength));
    this.#kept = grown;
    return true;
  }
}

/** Left by sections that are over, for the next ones, of whatever connection: a new one would have to grow several times. */
const SPARE: number[][] = [];
const MAX_SPARE = 16;
/** Room for 64 fields: larger ones are not kept. */
const MAX_KEPT_NUMBERS = 256;
const NO_FIELDS: number[] = [];

/** A line that goes on (RFC 9112 §5.2). It begins where white space does: at each of its characters it would be searched again. */
const FOLD = /(?<!\s)\s*\r?\n[ \t]+/g;

function isSpace(c: number): boolean {
  return c === 0x20 || c === 0x09;
}
