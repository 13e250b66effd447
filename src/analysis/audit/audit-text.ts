import { Redactor, type RedactorOptions } from "../redaction/redactor.ts";
import type { KeyedHash } from "../redaction/secret-marker.ts";
import type { Finding } from "./finding.ts";

/** A text in pieces of whole lines, as `push` is given them; a file of any kind that is no capture and no document. */
export class TextAudit {
  readonly #found: (finding: Finding) => void;
  readonly #redactor: Redactor;
  #lines = 0;
  #kinds: { name: string; value: string }[] = [];

  constructor(options: RedactorOptions, found: (finding: Finding) => void) {
    this.#found = found;
    const keyedHash = (): KeyedHash => () => "00000000";
    this.#redactor = new Redactor({
      ...options,
      keyedHash,
      marked: (name, value) => void this.#kinds.push({ name, value }),
    });
  }

  push(bytes: Uint8Array): void {
    this.#kinds = [];
    this.#redactor.content(bytes, "");
    const text = new TextDecoder("utf-8").decode(bytes);
    let from = 0;
    let line = this.#lines + 1;
    for (const { name, value } of this.#kinds) {
      // A value that was decoded on the way does not stand there as it is: then it is near what was found before.
      const at = text.indexOf(value, from) >= 0 ? text.indexOf(value, from) : text.indexOf(value);
      if (at >= 0) {
        line = this.#lines + 1 + countLines(text, at);
        from = at;
      }
      this.#found({ place: `line ${line}`, kind: name });
    }
    this.#lines += countLines(text, text.length);
  }
}

function countLines(text: string, end: number): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0 && at < end; at = text.indexOf("\n", at + 1)) count++;
  return count;
}
