import { copyText } from "../../wire/text/copy-text.ts";

/** Texts that are remembered by the thousand: those that come again and again are one, and none keeps the head that it is a part of. */
export class KeptTexts {
  /** By some of its characters: each text has one place, and whoever comes later takes it. */
  readonly #recent: string[] = Array.from({ length: PLACES }, () => "");

  /** An equal text, where one came not long ago. */
  keep(text: string): string {
    if (text.length === 0 || text.length > MAX_LENGTH) return text;
    const place =
      (text.length * 31 + text.charCodeAt(text.length - 1) * 7 + text.charCodeAt(text.length >> 1)) % PLACES;
    const recent = this.#recent[place]!;
    if (recent === text) return recent;
    this.#recent[place] = text;
    return text;
  }

  /** Such a text, or a copy: V8 makes of a longer part a view that holds the whole. */
  copy(text: string | undefined): string | undefined {
    return text === undefined || text.length < LEAST_PART ? text : this.keep(copyText(text));
  }
}

const PLACES = 256;
const MAX_LENGTH = 256;
/** Shorter parts are copied anyway. */
const LEAST_PART = 13;
