/**
 * How much one evaluation may do: a step is an operation in a loop, an element that is looked at, or 256 characters of a
 * text that are; what it makes (texts, bytes, lists) is counted in bytes.
 */
export interface FilterLimits {
  /** Default 100 000. */
  readonly maxSteps: number;
  /** Default 1 MiB. */
  readonly maxMade: number;
  /** Instructions of a regular expression's program. Default 10 000. */
  readonly maxProgram: number;
}

export const DEFAULT_FILTER_LIMITS: FilterLimits = { maxSteps: 100_000, maxMade: 1 << 20, maxProgram: 10_000 };

let ofProcess = DEFAULT_FILTER_LIMITS;

/** The limits of filters that are made from now on, where nothing else is said: what the process's flags say. */
export function filterLimits(): FilterLimits {
  return ofProcess;
}

export function setFilterLimits(changed: Partial<FilterLimits>): void {
  ofProcess = { ...ofProcess, ...changed };
}

/** Thrown within an evaluation, and caught where it began. */
export class OverBudget extends Error {}

/** The evaluation that runs: one object, and only begun anew where something was spent: most filters spend nothing. */
const current = { limits: DEFAULT_FILTER_LIMITS, steps: 0, made: 0, isSpent: true };

/** Begins an evaluation. Evaluations do not run within each other. */
export function beginEvaluation(limits: FilterLimits): void {
  if (current.isSpent || current.limits !== limits) begin(limits);
}

function begin(limits: FilterLimits): void {
  current.limits = limits;
  current.steps = limits.maxSteps;
  current.made = limits.maxMade;
  current.isSpent = false;
}

export function spendSteps(count: number): void {
  current.isSpent = true;
  current.steps -= count;
  if (current.steps < 0) throw new OverBudget(`it takes more than ${current.limits.maxSteps} steps`);
}

/** For looking at a text: 256 characters are a step. */
export function spendText(length: number): void {
  if (length >= 256) spendSteps(length >>> 8);
}

/** Bytes that may still be made. */
export function madeLeft(): number {
  return current.made;
}

/** Before it is made. */
export function spendMade(bytes: number): void {
  current.isSpent = true;
  current.made -= bytes;
  if (current.made < 0) throw new OverBudget(`it makes more than ${current.limits.maxMade} bytes`);
}
