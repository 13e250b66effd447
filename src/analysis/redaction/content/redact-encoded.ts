/** How a text inside another one is redacted: as content of an unknown type, one level deeper. */
export type RedactInner = (text: string) => string;

/**
 * Texts inside texts: strings of JSON that have escapes, also without the quotes around them (`{\"a\":\"b\"}`), values with
 * percent-encoding, attributes and elements with entities. What is in them is decoded, redacted as content of its own, and encoded again
 * where that changed it.
 * @param strings where the strings of JSON that have escapes begin and end, where that is known
 * @param cover what stands for an encoded text with a secret in it, where it may not become longer
 */
export function redactEncoded(
  text: string,
  redactInner: RedactInner,
  cover?: (encoded: string) => string,
  strings?: readonly number[],
): string {
  const choose = (encoded: string, redacted: string): string =>
    cover === undefined || redacted === encoded ? redacted : cover(encoded);
  let result = text;
  const redactOne = (whole: string, content: string): string =>
    choose(whole, redactString(whole, content, redactInner));
  if (strings !== undefined) result = replaceRanges(text, strings, (whole) => redactOne(whole, whole.slice(1, -1)));
  else if (text.includes("\\"))
    result = result.replace(ESCAPED_STRING, (whole, content: string, at: number) => {
      const lead = escapesBefore(text, at);
      return lead === "" ? redactOne(whole, content) : choose(whole, redactUnquoted(whole, content, lead, redactInner));
    });
  if (text.includes("%"))
    result = result.replace(ENCODABLE, (run) =>
      ENCODED_SIGN.test(run) ? choose(run, redactPercent(run, redactInner)) : run,
    );
  if (text.includes("&") && ENTITY.test(text))
    result = result.replace(BETWEEN_SIGNS, (run) =>
      ENTITY.test(run) ? choose(run, redactEntities(run, redactInner)) : run,
    );
  return result;
}

/** @param ranges two numbers each, in their order */
function replaceRanges(text: string, ranges: readonly number[], replace: (piece: string) => string): string {
  let result = "";
  let copied = 0;
  for (let at = 0; at < ranges.length; at += 2) {
    const piece = text.slice(ranges[at], ranges[at + 1]);
    const replaced = replace(piece);
    if (replaced === piece) continue;
    result += text.slice(copied, ranges[at]) + replaced;
    copied = ranges[at + 1]!;
  }
  return copied === 0 ? text : result + text.slice(copied);
}

/** A string with at least one escape of a quote, a line's end or a letter; the last one may be cut. */
const ESCAPED_STRING = /"((?:[^"\\]|\\.)*)(?:"|\\?$)/gs;

function redactString(whole: string, content: string, redactInner: RedactInner): string {
  if (!content.includes("\\")) return whole;
  let decoded: string;
  try {
    decoded = JSON.parse(
      `"${content.replace(/[\u0000-\u001f]/g, escapeControl).replace(/\\(?!["\\/bfnrtu])/g, "\\\\")}"`,
    );
  } catch {
    return whole;
  }
  const redacted = redactInner(decoded);
  if (redacted === decoded) return whole;
  const closed = whole.endsWith('"') && whole.length > content.length + 1;
  const written = JSON.stringify(redacted);
  return closed ? written : written.slice(0, -1);
}

/** Backslashes that escape the quote there: where it begins a text, that stands in no quotes itself. */
function escapesBefore(text: string, at: number): string {
  let start = at;
  while (start > Math.max(0, at - MAX_ESCAPES) && text[start - 1] === "\\") start--;
  return text.slice(start, at);
}

/** Each level of quoting doubles them, and adds one. */
const MAX_ESCAPES = 255;

/** As `redactString`, of what begins with a quote that belongs to the text. */
function redactUnquoted(whole: string, content: string, lead: string, redactInner: RedactInner): string {
  const end = whole.slice(1 + content.length);
  const escaped = `${lead}"${content}`;
  const redacted = redactString(`"${escaped}"`, escaped, redactInner);
  return redacted.startsWith(`"${lead}"`) ? redacted.slice(1 + lead.length, -1) + end : whole;
}

function escapeControl(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/**
 * A run without what an encoded text has not, and an encoded quote, equals sign, colon, ampersand, question mark or brace: searched for one
 * after the other, since an expression for both would look through the run again from each of its characters.
 */
const ENCODABLE = /(?:[\w.~!*'()+:/@$,-]|%[0-9A-Fa-f]{2})+/g;
const ENCODED_SIGN = /%(?:25)*(?:22|3[AaDdFf]|26|7[Bb]|40|3[Cc]|0[Aa])/;

function redactPercent(encoded: string, redactInner: RedactInner): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
  const redacted = redactInner(decoded);
  if (redacted === decoded) return encoded;
  // Before all that was hidden, and behind it, everything stays as it is written, for a URL to stay that one.
  const most = Math.min(decoded.length, redacted.length);
  let before = 0;
  while (before < most && decoded[before] === redacted[before]) before++;
  let behind = 0;
  while (behind < most - before && decoded.at(-1 - behind) === redacted.at(-1 - behind)) behind++;
  const start = placeIn(encoded, decoded, before);
  const end = placeIn(encoded, decoded, decoded.length - behind);
  const between = redacted.slice(before, redacted.length - behind).toWellFormed();
  const kept = new Set(encoded.match(BARE_SIGNS)?.filter((sign) => !encoded.includes(encodeURIComponent(sign))));
  const written = encodeURIComponent(between).replace(/%[2-4][0-9A-F]/g, (code) => {
    const sign = decodeURIComponent(code);
    return kept.has(sign) ? sign : code;
  });
  return encoded.slice(0, start) + written + encoded.slice(end);
}

/** Where in an encoded text the character begins that is at `place` of the decoded one. */
function placeIn(encoded: string, decoded: string, place: number): number {
  let at = 0;
  for (const character of decoded.slice(0, place).toWellFormed())
    at += encoded[at] === "%" ? encodeURIComponent(character).length : character.length;
  return at;
}

/** Those of `ENCODABLE` that are encoded elsewhere. */
const BARE_SIGNS = /[+:/@$,]/g;

const ENTITY = /&(?:amp;)*(?:quot|lt|apos|#34|#39|#x22|#x27|#60|#x3c);/i;
/** A greater-than sign may stand in a text as it is (XML 1.0 §2.4). */
const BETWEEN_SIGNS = /[^"'<]+/g;

function redactEntities(encoded: string, redactInner: RedactInner): string {
  const decoded = encoded.replace(
    /&(quot|lt|gt|apos|amp|#34|#39|#x22|#x27|#60|#62|#x3c|#x3e);/gi,
    (_, name: string) => ENTITIES[name.toLowerCase()]!,
  );
  const redacted = redactInner(decoded);
  return redacted === decoded ? encoded : redacted.replace(/[&"'<]/g, (character) => ENCODED[character]!);
}

const ENTITIES: Readonly<Record<string, string>> = {
  quot: '"',
  "#34": '"',
  "#x22": '"',
  apos: "'",
  "#39": "'",
  "#x27": "'",
  lt: "<",
  "#60": "<",
  "#x3c": "<",
  gt: ">",
  "#62": ">",
  "#x3e": ">",
  amp: "&",
};
const ENCODED: Readonly<Record<string, string>> = {
  "&": "&amp;",
  '"': "&quot;",
  "'": "&#39;",
  "<": "&lt;",
};
