import { existsSync, readFileSync, writeFileSync } from "node:fs";

/**
 * How long each test took when it last ran (ms), and how many mutants it has noticed: what says which to ask first. Kept in the file that
 * TAPLINE_TEST_MEMORY names, if it names one, since a process may judge a single mutant.
 */
export class TestMemory {
  readonly #file = process.env["TAPLINE_TEST_MEMORY"];
  readonly #tests: Record<string, Told>;

  constructor() {
    const isKept = this.#file !== undefined && existsSync(this.#file);
    this.#tests = isKept ? (JSON.parse(readFileSync(this.#file, "utf8")) as Record<string, Told>) : {};
  }

  took(id: string): number {
    return this.#tests[id]?.took ?? 0;
  }

  /** Least first: quick ones, and of these what notices much. */
  rank(id: string): number {
    const { took, noticed } = this.#tests[id] ?? { took: 0, noticed: 0 };
    return took / (1 + 4 * noticed);
  }

  add(id: string, took: number, hasNoticed: boolean): void {
    const noticed = this.#tests[id]?.noticed ?? 0;
    this.#tests[id] = { took, noticed: hasNoticed ? noticed + 1 : noticed };
  }

  keep(): void {
    if (this.#file !== undefined) writeFileSync(this.#file, JSON.stringify(this.#tests));
  }
}

interface Told {
  readonly took: number;
  readonly noticed: number;
}
