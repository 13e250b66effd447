import { lowerAscii } from "../wire/text/lower-ascii.ts";
import type { Pair } from "./pairs.ts";

/** Headers that a filter may change: names in lower case, in their order, repeated ones kept apart. */
export class HeaderMap {
  #pairs: Pair[];

  constructor(pairs: Iterable<Pair> = []) {
    this.#pairs = [...pairs].map(lowerName);
  }

  get pairs(): readonly Pair[] {
    return this.#pairs;
  }

  /** The first value of that name. */
  get(name: string): string | undefined {
    const wanted = lowerAscii(name);
    return this.#pairs.find(([key]) => key === wanted)?.[1];
  }

  add(name: string, value: string): void {
    this.#pairs.push(lowerName([name, value]));
  }

  /** Puts the value in the place of the first of that name, and takes further ones away; adds it where there is none. */
  replace(name: string, value: string): void {
    const wanted = lowerAscii(name);
    const at = this.#pairs.findIndex(([key]) => key === wanted);
    if (at < 0) this.add(name, value);
    else {
      this.#pairs[at] = [wanted, value];
      this.#pairs = this.#pairs.filter(([key], index) => key !== wanted || index === at);
    }
  }

  remove(name: string): void {
    const wanted = lowerAscii(name);
    this.#pairs = this.#pairs.filter(([key]) => key !== wanted);
  }

  set(pairs: readonly Pair[]): void {
    this.#pairs = pairs.map(lowerName);
  }
}

function lowerName([name, value]: Pair): Pair {
  return [lowerAscii(name), value];
}
