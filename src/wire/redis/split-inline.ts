/**
 * Splits an inline command into its arguments, as Redis does (sds.c, sdssplitargs): by white space, with `"…"` in which
 * `\xHH`, `\n`, `\r`, `\t`, `\b`, `\a` and `\"` are escapes, and `'…'` in which only `\'` is.
 * @returns undefined where quotes are not closed, or something other than white space follows them: Redis answers with an error
 */
export function splitInline(line: Uint8Array): Uint8Array[] | undefined {
  const words: Uint8Array[] = [];
  let p = 0;
  for (;;) {
    while (p < line.length && isSpace(line[p]!)) p++;
    // A zero ends the text that Redis sees.
    if (p >= line.length || line[p] === 0) return words;
    const word = new WordReader(line, p);
    if (!word.read()) return undefined;
    words.push(word.bytes);
    p = word.position;
  }
}

class WordReader {
  position: number;
  readonly #line: Uint8Array;
  readonly #word: number[] = [];

  constructor(line: Uint8Array, position: number) {
    this.#line = line;
    this.position = position;
  }

  get bytes(): Uint8Array {
    return Uint8Array.from(this.#word);
  }

  /** Gives false where the quotes are wrong. */
  read(): boolean {
    for (;;) {
      const byte = this.#line[this.position];
      if (byte === undefined || byte === 0 || isSpace(byte)) return true;
      this.position++;
      if (byte === DOUBLE_QUOTE || byte === SINGLE_QUOTE) {
        if (!this.#readQuoted(byte)) return false;
      } else this.#word.push(byte);
    }
  }

  #readQuoted(quote: number): boolean {
    for (;;) {
      const byte = this.#line[this.position++];
      if (byte === undefined || byte === 0) return false;
      if (byte === quote) {
        const next = this.#line[this.position];
        return next === undefined || next === 0 || isSpace(next);
      }
      if (byte !== BACKSLASH) this.#word.push(byte);
      else if (quote === DOUBLE_QUOTE) this.#readEscape();
      else if (this.#line[this.position] === SINGLE_QUOTE) this.#word.push(this.#line[this.position++]!);
      else this.#word.push(byte);
    }
  }

  #readEscape(): void {
    const next = this.#line[this.position];
    if (next === undefined) {
      this.#word.push(BACKSLASH);
      return;
    }
    this.position++;
    if (next === 0x78) {
      const high = hexDigit(this.#line[this.position]);
      const low = hexDigit(this.#line[this.position + 1]);
      if (high >= 0 && low >= 0) {
        this.#word.push(high * 16 + low);
        this.position += 2;
        return;
      }
    }
    this.#word.push(ESCAPES.get(next) ?? next);
  }
}

const DOUBLE_QUOTE = 0x22;
const SINGLE_QUOTE = 0x27;
const BACKSLASH = 0x5c;
const ESCAPES: ReadonlyMap<number, number> = new Map([
  [0x6e, 0x0a],
  [0x72, 0x0d],
  [0x74, 0x09],
  [0x62, 0x08],
  [0x61, 0x07],
]);

/** isspace of the C locale. */
function isSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
