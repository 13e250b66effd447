/**
 * Stryker's test runner for `npm run mutate`: the judges are loaded once, and run again in the same process for each mutant, those that reach it alone
 * (Stryker measures which). A process for each mutant, as its tap runner has it, takes ten times as long: mostly to start, and to compile what is warm here.
 *
 * What a mutant leaves behind must judge no other one: a test that fails has to pass again without the mutant, else the process is given up and the mutant
 * judged anew in the next one. So does a process of which that is not known.
 */

import { mock } from "node:test";
import { loadJudges } from "./load-judges.ts";
import { TestMemory } from "./test-memory.ts";
import { forgetJudges, type JudgingTest, tests } from "./test-registry.ts";

/** The mutated sources look at it, under the name that Stryker gives them. */
interface Switch {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  mutantCoverage?: Coverage | undefined;
  hitCount?: number | undefined;
  hitLimit?: number | undefined;
}

/** How often each mutant was met: while the judges were loaded, and in each test. */
interface Coverage {
  readonly static: Readonly<Record<string, number>>;
  readonly perTest: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

interface MutantRun {
  readonly activeMutant: { readonly id: string };
  readonly testFilter?: readonly string[];
  readonly hitLimit?: number;
  readonly mutantActivation: "runtime" | "static";
  readonly reloadEnvironment?: boolean;
}

const host = globalThis as { __stryker__?: Switch };
host.__stryker__ ??= {};
const mutants = host.__stryker__;
/** Milliseconds for one test, which may wait for something that does not come. */
const PATIENCE = 60_000;
/** After which a process ends. */
const MOST_LOADS = 30;
const HITS_AT_LOADING = 10_000_000;

class WarmRunner {
  #loaded: Promise<void> | undefined;
  /** How often the judges were loaded in this process, which keeps what was loaded before. */
  #loads = 0;
  /** How many mutants this process has judged. */
  #judged = 0;
  #isSpoiled = false;
  /** The judges were loaded with a mutant. */
  #isStale = false;
  /** Shared with the processes before this one, which may judge a single mutant. */
  readonly #told = new TestMemory();

  capabilities() {
    return { reloadEnvironment: true };
  }

  /** All tests, without a mutant, and which of them reach which. */
  async dryRun() {
    mutants.mutantCoverage = { static: {}, perTest: {} };
    await this.#load();
    const results = [];
    for (const test of tests) {
      mutants.currentTestId = test.id;
      const failure = await this.#run([test]);
      mutants.currentTestId = undefined;
      const timeSpentMs = this.#told.took(test.id);
      const told = { id: test.id, name: test.id, timeSpentMs };
      results.push(
        failure === undefined ? { ...told, status: 0 } : { ...told, status: 1, failureMessage: failure.message },
      );
    }
    const { static: loading } = mutants.mutantCoverage;
    this.#told.keep(Object.keys(loading));
    return { status: "complete", tests: results, mutantCoverage: withoutLoading(mutants.mutantCoverage) };
  }

  async mutantRun(run: MutantRun) {
    const { activeMutant, testFilter, hitLimit, mutantActivation, reloadEnvironment } = run;
    if (this.#isSpoiled) throw new Error("what an earlier mutant left behind fails tests");
    if (this.#loads >= MOST_LOADS) throw new Error("what was loaded takes too much memory");
    if (reloadEnvironment === true || this.#isStale) this.#forget();
    const isStatic = mutantActivation === "static";
    let { failure, hits } = await this.#judge(run, isStatic);
    const isFirst = this.#judged++ === 0;
    // Made before it was there, perhaps, is what it would have changed.
    const isOverlooked = !isStatic && (hits === 0 || this.#told.isMetAtLoading(activeMutant.id));
    if (failure === undefined && isOverlooked) {
      this.#forget();
      // Any test may see that, whether it meets the mutant or not.
      ({ failure, hits } = await this.#judge({ activeMutant, ...(hitLimit !== undefined && { hitLimit }) }, true));
      this.#isStale = true;
    }
    this.#told.keep();
    if (failure === undefined) return { status: "survived", nrOfTests: testFilter?.length ?? tests.length };
    if (
      !isStatic &&
      !this.#isStale &&
      (failure.test === undefined || (await this.#run([failure.test])) !== undefined)
    ) {
      this.#isSpoiled = true;
      if (!isFirst) throw new Error("what an earlier mutant left behind fails tests");
    }
    if (hitLimit !== undefined && hits > hitLimit) return { status: "timeout", reason: "it is met again and again" };
    const killedBy = [failure.test?.id ?? tests[0]?.id];
    return { status: "killed", killedBy, failureMessage: failure.message, nrOfTests: 1 };
  }

  /** @param isLoaded the judges are loaded with the mutant, which may be met often then: the limit is for their tests */
  async #judge({ activeMutant: { id }, testFilter, hitLimit }: Omit<MutantRun, "mutantActivation">, isLoaded: boolean) {
    const limit = hitLimit === undefined || !isLoaded ? hitLimit : Math.max(hitLimit, HITS_AT_LOADING);
    Object.assign(mutants, { mutantCoverage: undefined, hitCount: 0, hitLimit: limit });
    if (!isLoaded) await this.#load();
    mutants.activeMutant = id;
    let failure: Failure | undefined;
    try {
      await this.#load();
      failure = await this.#run(
        testFilter === undefined ? tests : tests.filter((test) => testFilter.includes(test.id)),
      );
    } catch (error) {
      failure = { test: undefined, message: String(error) };
    }
    const hits = mutants.hitCount ?? 0;
    Object.assign(mutants, { activeMutant: undefined, hitCount: undefined, hitLimit: undefined });
    return { failure, hits };
  }

  #forget(): void {
    this.#loaded = undefined;
    this.#isStale = false;
    forgetJudges();
  }

  #load(): Promise<void> {
    this.#loaded ??= loadJudges(this.#loads++);
    return this.#loaded;
  }

  /** In the order that is quickest to tell, up to the first that fails. */
  async #run(some: readonly JudgingTest[]): Promise<Failure | undefined> {
    const entered = new Set<JudgingTest["suites"][number]>();
    let failure: Failure | undefined;
    for (const test of [...some].sort((a, b) => this.#told.rank(a.id) - this.#told.rank(b.id))) {
      const started = performance.now();
      try {
        for (const suite of test.suites) {
          if (entered.has(suite)) continue;
          entered.add(suite);
          for (const hook of suite.before) await hook();
        }
        await waitFor(test.body({ diagnostic: () => {}, mock }));
      } catch (error) {
        failure = { test, message: String(error) };
      } finally {
        mock.restoreAll();
      }
      this.#told.add(test.id, performance.now() - started, failure !== undefined);
      if (failure !== undefined) break;
    }
    for (const suite of [...entered].reverse())
      for (const hook of suite.after)
        try {
          await hook();
        } catch (error) {
          failure ??= { test: undefined, message: String(error) };
        }
    return failure;
  }
}

/**
 * A mutant that is met while the judges are loaded needs them to be loaded for it; one that tests meet, too, is judged by these first, and so again
 * where it survives.
 */
function withoutLoading({ static: loading, perTest }: Coverage): Coverage {
  const met = new Set(Object.values(perTest).flatMap((ids) => Object.keys(ids)));
  return { perTest, static: Object.fromEntries(Object.entries(loading).filter(([id]) => !met.has(id))) };
}

interface Failure {
  readonly test: JudgingTest | undefined;
  readonly message: string;
}

/** Waits for a test; fails with its error, with one that nobody caught, or where there is no end. */
async function waitFor(result: unknown): Promise<void> {
  if (!(result instanceof Promise)) return;
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error("it does not end")), PATIENCE);
  process.on("uncaughtException", reject);
  try {
    await Promise.race([result, promise]);
  } finally {
    clearTimeout(timer);
    process.off("uncaughtException", reject);
  }
}

export const strykerPlugins = [{ kind: "TestRunner", name: "warm", injectableClass: WarmRunner }];
