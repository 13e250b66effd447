/**
 * Short texts in which nothing was found, to be known again: most values of fields, and many targets, have come before. It forgets everything when it is
 * full.
 */
export class HarmlessTexts {
  readonly #known = new Set<string>();

  /** @param redact gives the same text where there is nothing to hide */
  redact(text: string, redact: (text: string) => string): string {
    if (this.#known.has(text)) return text;
    const redacted = redact(text);
    if (redacted === text && text.length <= MAX_LENGTH) {
      if (this.#known.size >= MAX_TEXTS) this.#known.clear();
      // A copy: a part of a head would keep all of it.
      this.#known.add(JSON.parse(JSON.stringify(text)) as string);
    }
    return redacted;
  }
}

const MAX_TEXTS = 1024;
const MAX_LENGTH = 256;
