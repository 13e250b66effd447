import { TextMemo } from "../../wire/text/text-memo.ts";

/**
 * The mark in a secret's place: `redacted-KIND-1a2b3c4d`. It has unreserved characters alone (RFC 3986 §2.3), so that a URL stays
 * a URL, a header's value a token and a member of JSON a string, whatever the secret was. People are shown `‹redacted:KIND:1a2b3c4d›`
 * (`showMarks`).
 * @param name what the secret is called where it was found: `apiKey` becomes the kind `api_key`
 * @param hash eight hexadecimal digits
 */
export function formatMark(name: string, hash: string): string {
  return `redacted-${kindOf(name)}-${hash}`;
}

/** Whether the text is a mark and nothing else; one that was made as long as its secret may end in `*`. */
export function isMark(text: string): boolean {
  return text.startsWith(MARK_START) && MARK.test(text);
}

/** A text as people are shown it: marks as `‹redacted:KIND:1a2b3c4d›`. */
export function showMarks(text: string): string {
  return text.includes(MARK_START) ? text.replace(MARKS, "‹redacted:$1:$2›") : text;
}

/** A part of a text: a mark as people are shown it, with how it stands there, or what is between two. */
export interface MarkedPart {
  readonly text: string;
  readonly mark?: string;
}

/** The text in parts: one where it has no mark. */
export function splitAtMarks(text: string): readonly MarkedPart[] {
  if (!text.includes(MARK_START)) return [{ text }];
  const parts: MarkedPart[] = [];
  let end = 0;
  for (const { 0: mark, index } of text.matchAll(MARKS)) {
    if (index > end) parts.push({ text: text.slice(end, index) });
    parts.push({ text: showMarks(mark), mark });
    end = index + mark.length;
  }
  if (end < text.length || parts.length === 0) parts.push({ text: text.slice(end) });
  return parts;
}

/** How every mark begins. */
export const MARK_START = "redacted-";
const MARK = /^redacted-[a-z0-9][a-z0-9._~-]{0,39}-[0-9a-f]{8}\**$/;
const MARKS = /(?<![\w~-])redacted-([a-z0-9][a-z0-9._~-]{0,39})-([0-9a-f]{8})(?![\w~-])/g;

/** Shortens a name to small unreserved characters: its last part, where it has brackets. */
export function kindOf(name: string): string {
  return SHORT_NAME.test(name) ? name : KINDS.get(name);
}

/** It stays as it is. */
const SHORT_NAME = /^[a-z0-9][a-z0-9._~-]{0,39}$/;

/** Secrets have few names, and are many. */
const KINDS = new TextMemo(1024, shortenName);

function shortenName(name: string): string {
  const last = /(?<![^[\]])([^[\]]+)\]*$/.exec(name)?.[1] ?? name;
  const words = last.replace(/([a-z0-9])(?=[A-Z])/g, "$1_").toLowerCase();
  return (
    words
      .replace(/[^a-z0-9._~-]+/g, "_")
      .replace(/^[._~-]+/, "")
      .slice(0, MAX_KIND) || "secret"
  );
}

const MAX_KIND = 40;
