import { copyText } from "./copy-text.ts";

/**
 * Remembers the results of a function of texts: for functions that are asked the same again and again, of texts that strangers
 * choose. It forgets everything when it is full.
 */
export class TextMemo<Value> {
  readonly #compute: (text: string) => Value;
  readonly #limit: number;
  readonly #known = new Map<string, Value>();

  /** @param limit how many texts are remembered; those of more than 4096 characters never are */
  constructor(limit: number, compute: (text: string) => Value) {
    this.#limit = limit;
    this.#compute = compute;
  }

  get(text: string): Value {
    let value = this.#known.get(text);
    if (value === undefined) {
      value = this.#compute(text);
      if (this.#known.size >= this.#limit) this.#known.clear();
      if (text.length <= MAX_LENGTH) this.#known.set(copyText(text), value);
    }
    return value;
  }
}

const MAX_LENGTH = 4096;
