import { SECRET, STRUCTURE } from "../names/name-table.ts";
import type { TextNames } from "../names/text-names.ts";
import type { TextRedaction } from "../text-redaction.ts";
import { findNamesAround, isSpace } from "./find-names.ts";
import type { JsonText } from "./json-text.ts";
import { replaceValue } from "./replace-value.ts";

/**
 * Whether a text that begins as JSON has no secret that something in it names, as most have none: a look around each word of secrets' names in it tells,
 * and it need not be read. Each such word has to stand in a member's name whose value is no secret, or in a value, where it names nothing: what is an
 * item might be a name of the next one. The text has no backslashes.
 */
export function isQuietJson(names: TextNames, redaction: TextRedaction): boolean {
  const { stems } = names;
  for (let word = 0; word < stems.length; word++)
    for (let bits = stems[word]!; bits !== 0; bits &= bits - 1)
      if (!isQuiet(names, word * 32 + 31 - Math.clz32(bits & -bits), redaction)) return false;
  return true;
}

/** All that is known of it without reading. */
export const QUIET_JSON: JsonText = {
  places: [],
  escaped: [],
  hasNamesAsValues: false,
  hasNamesAsItems: false,
  hasStructure: false,
  hasCommands: false,
  hasFlags: false,
  hasManyWords: true,
  isRead: false,
};

/** The nearest quotes around a place, of any kind, say what is in them. */
function isQuiet(names: TextNames, place: number, redaction: TextRedaction): boolean {
  const { codes } = names;
  let open = place - 1;
  while (open >= 0 && place - open <= MAX_BEFORE && !isQuote(codes[open]!)) open--;
  if (codes[open] !== QUOTE) return false;
  const joint = passSpace(names, open - 1, -1);
  const before = codes[joint];
  if (before === COLON)
    return (
      codes[open + 1] !== DASH &&
      findNamesAround(names, place) === 0 &&
      !isTitle(names, passSpace(names, joint - 1, -1))
    );
  let close = place + 1;
  while (close < codes.length && close - open <= MAX_NAME && !isQuote(codes[close]!)) close++;
  if (codes[close] !== QUOTE || (before !== COMMA && before !== OPEN_BRACE)) return false;
  const colon = passSpace(names, close + 1, 1);
  if (codes[colon] !== COLON) return false;
  const facts = names.lookUp(open + 1, close);
  if ((facts & STRUCTURE) !== 0) return false;
  // Where it says that its value is a secret's name, that has such a word, too, which is asked by itself.
  return (facts & SECRET) === 0 || hasNoSecret(names, open, close, colon, redaction);
}

/** Whether the member whose name ends with the quote at `close` may be the title of a column. */
function isTitle(names: TextNames, close: number): boolean {
  const { codes } = names;
  let open = close - 1;
  while (open >= 0 && close - open <= MAX_NAME && codes[open] !== QUOTE) open--;
  return codes[open] === QUOTE && (names.lookUp(open + 1, close) & STRUCTURE) !== 0;
}

/** Whether a member that its name says is secret has a value that is none. */
function hasNoSecret(names: TextNames, open: number, close: number, colon: number, redaction: TextRedaction): boolean {
  const { text } = names;
  const start = passSpace(names, colon + 1, 1);
  if (start - colon > MAX_SPACE || colon - close > MAX_SPACE) return false;
  const site = { text, name: text.slice(open + 1, close), begin: open, start, quote: '"', joint: ":" };
  const marker = redaction.marker.keepsLength ? COVERING_TRIAL : TRIAL;
  return replaceValue(site, { ...redaction, marker }) === undefined;
}

/** Marks nothing: what is found is marked later, in its order. */
const TRIAL = { mark: () => "", keepsLength: false };
const COVERING_TRIAL = { mark: () => "", keepsLength: true };

/** The first place from there on, in either direction, that has no white space. */
function passSpace({ text, codes }: TextNames, from: number, step: number): number {
  let at = from;
  while (at >= 0 && at < codes.length && isSpace(text, codes, at)) at += step;
  return at;
}

function isQuote(code: number): boolean {
  return code === QUOTE || code === 0x27 || code === 0x60;
}

const QUOTE = 0x22;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const DASH = 0x2d;
/** How much of a value is looked through for its beginning. */
const MAX_BEFORE = 256;
/** With its quote: the longest that the searches take for a name, and the most white space beside a colon. */
const MAX_NAME = 66;
const MAX_SPACE = 64;
