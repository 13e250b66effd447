import type { Dialect, DialectChoice } from "../dialect.ts";
import { DialectFinder } from "./dialect-finder.ts";

/** One value for each dialect that comes up: with a fixed dialect always the same one. */
export class PerDialect<Value> {
  readonly #make: (dialect: Dialect) => Value;
  readonly #finder: DialectFinder | undefined;
  readonly #values = new Map<Dialect, Value>();
  #dialect: Dialect;
  #current: Value;

  constructor(choice: DialectChoice, make: (dialect: Dialect) => Value) {
    this.#make = make;
    this.#finder = choice === "auto" ? new DialectFinder() : undefined;
    this.#dialect = choice === "auto" ? this.#finder!.dialect : choice;
    this.#current = this.#valueOf(this.#dialect);
  }

  /** That of the last message. */
  get current(): Value {
    return this.#current;
  }

  /** That of the message in `bytes[start, end)`, whose dialect `told` is where somebody knows it. */
  of(bytes: Uint8Array, start: number, end: number, told: Dialect | undefined): Value {
    if (this.#finder === undefined) return this.#current;
    const dialect = told ?? this.#finder.choose(bytes, start, end);
    if (dialect === this.#dialect) return this.#current;
    this.#dialect = dialect;
    this.#current = this.#valueOf(dialect);
    return this.#current;
  }

  #valueOf(dialect: Dialect): Value {
    let value = this.#values.get(dialect);
    if (value === undefined) {
      value = this.#make(dialect);
      this.#values.set(dialect, value);
    }
    return value;
  }
}
