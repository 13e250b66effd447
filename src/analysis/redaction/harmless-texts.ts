import { copyText } from "../../wire/text/copy-text.ts";

/**
 * Short texts in which nothing was found, to be known again: most values of fields, and many targets, have come before. It forgets everything when it is
 * full; where few of those had come again, only one text of sixteen is kept for the next time, since to keep one costs as much as to look for it often.
 */
export class HarmlessTexts {
  readonly #known = new Set<string>();
  #found = 0;
  #every = 1;
  #passed = 0;

  /** @param redact gives the same text where there is nothing to hide */
  redact(text: string, redact: (text: string) => string): string {
    if (this.#known.has(text)) {
      this.#found++;
      return text;
    }
    const redacted = redact(text);
    if (redacted === text && text.length <= MAX_LENGTH && ++this.#passed % this.#every === 0) this.#keep(text);
    return redacted;
  }

  #keep(text: string): void {
    if (this.#known.size >= MAX_TEXTS) {
      this.#every = this.#found < FEW ? RARELY : 1;
      this.#found = 0;
      this.#known.clear();
    }
    this.#known.add(copyText(text));
  }
}

const MAX_TEXTS = 1024;
const MAX_LENGTH = 256;
/** An eighth of those that were kept. */
const FEW = MAX_TEXTS / 8;
const RARELY = 16;
