/**
 * Stand for `TextMemo` and `HarmlessTexts` where mutants are judged: what was found out before a mutant was there would be remembered while it is, by
 * whatever a file of tests keeps, and the mutant be met no more.
 */
export class TextMemo<Value> {
  readonly #compute: (text: string) => Value;

  constructor(_limit: number, compute: (text: string) => Value) {
    this.#compute = compute;
  }

  get(text: string): Value {
    return this.#compute(text);
  }
}

export class HarmlessTexts {
  redact(text: string, redact: (text: string) => string): string {
    return redact(text);
  }
}
