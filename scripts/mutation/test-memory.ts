import { existsSync, readFileSync, writeFileSync } from "node:fs";

/**
 * How long each test took when it last ran (ms), how many mutants it has noticed, which says which to ask first, and which mutants are met before any. Kept in the file that
 * TAPLINE_TEST_MEMORY names, if it names one, since a process may judge a single mutant.
 */
export class TestMemory {
  readonly #file = process.env["TAPLINE_TEST_MEMORY"];
  readonly #tests: Record<string, Told> = {};
  #metAtLoading: readonly string[] = [];

  constructor() {
    if (this.#file === undefined || !existsSync(this.#file)) return;
    const kept = JSON.parse(readFileSync(this.#file, "utf8")) as {
      tests: Record<string, Told>;
      metAtLoading: string[];
    };
    this.#tests = kept.tests;
    this.#metAtLoading = kept.metAtLoading;
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

  /** Whether a mutant was met while the judges were loaded. */
  isMetAtLoading(mutant: string): boolean {
    return this.#metAtLoading.includes(mutant);
  }

  keep(metAtLoading = this.#metAtLoading): void {
    this.#metAtLoading = metAtLoading;
    const kept = { tests: this.#tests, metAtLoading };
    if (this.#file !== undefined) writeFileSync(this.#file, JSON.stringify(kept));
  }
}

interface Told {
  readonly took: number;
  readonly noticed: number;
}
