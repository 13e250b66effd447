/** Where characters that tokens are made of stand in a row, sixteen or more. Looked for when it is first asked. */
export class TokenRuns {
  readonly #codes: Uint8Array;
  #places: readonly number[] | undefined;
  #longest = 0;

  /** @param codes of the text: `characterCodes` */
  constructor(codes: Uint8Array) {
    this.#codes = codes;
  }

  /** Two numbers each: where a run begins and ends. */
  get places(): readonly number[] {
    this.#places ??= this.#find();
    return this.#places;
  }

  /** How many characters the longest one has; 0 where there is none. */
  get longest(): number {
    if (this.places.length === 0) return 0;
    return this.#longest;
  }

  /** Where none can end, fifteen characters are passed over. */
  #find(): number[] {
    const codes = this.#codes;
    const { length } = codes;
    const places: number[] = [];
    for (let at = 0; at + MIN_TOKEN <= length; ) {
      const middle = at + MIN_TOKEN - 1;
      if (TOKEN_CODES[codes[middle]!] === 0) {
        at += MIN_TOKEN;
        continue;
      }
      let start = middle;
      while (start > at && TOKEN_CODES[codes[start - 1]!] !== 0) start--;
      let end = middle + 1;
      while (end < length && TOKEN_CODES[codes[end]!] !== 0) end++;
      at = end + 1;
      if (end - start < MIN_TOKEN) continue;
      places.push(start, end);
      if (end - start > this.#longest) this.#longest = end - start;
    }
    return places;
  }
}

const MIN_TOKEN = 16;
/** By code: a letter, a digit, or one of `+-./=_~$`. */
const TOKEN_CODES = new Uint8Array(0x100);
for (const character of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-./=_~$")
  TOKEN_CODES[character.charCodeAt(0)] = 1;
