/**
 * Stands for `node:test` where a judge is loaded: what it declares is kept, and run as often as there are mutants (warm-runner.ts). It has what the judges
 * use of that module; a name that it lacks ends the loading of who imports it.
 */
export interface JudgingTest {
  /** Its file, the suites it is in, its name. */
  readonly id: string;
  readonly body: (context: object) => unknown;
  readonly suites: readonly Suite[];
}

export interface Suite {
  readonly before: (() => unknown)[];
  readonly after: (() => unknown)[];
}

type Options = { readonly skip?: unknown };
type Body = (context: object) => unknown;

/** In the order in which they were declared; skipped ones are not in it. */
export const tests: JudgingTest[] = [];
/** Whose file is being loaded; it may hold hooks of its own. */
let suites: readonly Suite[] = [];
let names: readonly string[] = [];
let isSkipped = false;

/** Before they are loaded anew. */
export function forgetJudges(): void {
  tests.length = 0;
}

/** Loads a file of tests. */
export async function loadJudge(file: string, url: string): Promise<void> {
  suites = [{ before: [], after: [] }];
  names = [file];
  await import(url);
}

export function test(name: string, options: Options | Body, body?: Body): void {
  const [settings, run] = typeof options === "function" ? [{}, options] : [options, body];
  if (isSkipped || isGiven(settings.skip) || run === undefined) return;
  const path = [...names, name].join(" > ");
  const same = tests.filter(({ id }) => id === path || id.startsWith(`${path} (`)).length;
  tests.push({ id: same === 0 ? path : `${path} (${same})`, body: run, suites });
}

export function describe(name: string, options: Options | (() => void), body?: () => void): void {
  const [settings, declare] = typeof options === "function" ? [{}, options] : [options, body];
  const outside = [suites, names, isSkipped] as const;
  suites = [...suites, { before: [], after: [] }];
  names = [...names, name];
  isSkipped ||= isGiven(settings.skip);
  declare?.();
  [suites, names, isSkipped] = outside;
}

export function before(hook: () => unknown): void {
  suites.at(-1)!.before.push(hook);
}

export function after(hook: () => unknown): void {
  suites.at(-1)!.after.push(hook);
}

function isGiven(skip: unknown): boolean {
  return skip !== undefined && skip !== false;
}
