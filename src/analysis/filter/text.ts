import { madeLeft, spendMade, spendSteps, spendText } from "./budget.ts";

/**
 * Texts as CEL has them, sequences of Unicode code points: JavaScript's are UTF-16, where what is beyond U+FFFF is two
 * units. Where a text has none of these, its units are its code points.
 */

/** How many code points it has. */
export function textLength(text: string): number {
  spendText(text.length);
  let length = text.length;
  if (length < 8) {
    for (let i = 0; i < text.length; i++) if (isLow(text, i)) length--;
    return length;
  }
  if (!SURROGATES.test(text)) return length;
  for (let i = 0; i < text.length; i++) if (isLow(text, i)) length--;
  return length;
}

const SURROGATES = /[\ud800-\udfff]/;

/** Whether the second half of a code point stands at `i`. */
function isLow(text: string, i: number): boolean {
  const unit = text.charCodeAt(i);
  if (unit < 0xdc00 || unit > 0xdfff || i === 0) return false;
  const before = text.charCodeAt(i - 1);
  return before >= 0xd800 && before <= 0xdbff;
}

/** By code points, as bytes of UTF-8 would be: U+1F600 comes after U+FFFD. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  spendText(length);
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Halves of what is beyond U+FFFF come after everything else. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/** The unit at which code point number `index` begins; undefined where there is none (its end counts). */
export function unitOf(text: string, index: number): number | undefined {
  if (index < 0 || index > text.length) return undefined;
  spendText(text.length);
  if (!SURROGATES.test(text)) return index;
  let unit = 0;
  for (let i = 0; i < index; i++) {
    if (unit >= text.length) return undefined;
    unit += text.codePointAt(unit)! > 0xffff ? 2 : 1;
  }
  return unit;
}

/** The number of the code point at a unit; -1 stays. */
export function indexOfUnit(text: string, unit: number): number {
  return unit <= 0 ? unit : textLength(text.slice(0, unit));
}

/** With a budget for what it makes. @param limit how many are replaced; all when negative */
export function replaceText(text: string, from: string, to: string, limit: number): string {
  spendText(text.length);
  if (limit === 0 || (from === "" && text === "" && to === "")) return text;
  if (from === "") spendMade(PART_BYTES * text.length);
  const parts = from === "" ? ["", ...text, ""] : splitAll(text, from);
  const count = limit < 0 ? parts.length - 1 : Math.min(limit, parts.length - 1);
  spendSteps(parts.length >>> 3);
  spendMade(text.length + count * Math.max(0, to.length - from.length) + PART_BYTES * parts.length);
  if (count === parts.length - 1) return parts.join(to);
  return [parts.slice(0, count + 1).join(to), ...parts.slice(count + 1)].join(from);
}

/** @param limit how many parts at most, the last has the rest; all when negative */
export function splitText(text: string, separator: string, limit: number): string[] {
  spendText(text.length);
  if (limit === 0) return [];
  if (separator === "") spendMade(PART_BYTES * text.length);
  const parts = separator === "" ? [...text] : splitAll(text, separator);
  spendSteps(parts.length >>> 3);
  spendMade(text.length + PART_BYTES * parts.length);
  if (limit < 0 || parts.length <= limit) return parts;
  return [...parts.slice(0, limit - 1), parts.slice(limit - 1).join(separator)];
}

/** About what an item of a list takes. */
const PART_BYTES = 8;

/** No more parts than there is room for: the next that is made is one too many then. */
function splitAll(text: string, separator: string): string[] {
  return text.split(separator, Math.max(0, madeLeft() / PART_BYTES) + 1);
}

export function reverseText(text: string): string {
  spendMade(2 * text.length);
  return [...text].reverse().join("");
}
