import { EXIT_CODES, type ExitReason, type Ledger, type MemoryBudget, worstExitCode } from "../model/index.ts";
import { errorLine } from "./process/error-line.ts";

/** Problems of one kind that are told one by one; further ones are counted. */
const MAX_TOLD = 20;
/** Kinds that are told apart; those beyond are one. */
const MAX_KINDS = 20;

export interface LastWordsOptions {
  readonly ledger: Ledger;
  /** Says nothing of what was seen and of the ledger, unless something is wrong with it. */
  readonly quiet?: boolean | undefined;
  /** Which books are told. */
  readonly books?: "all" | "used" | "lossy";
  /** Budgets of which nothing is in use when all is done. */
  readonly budgets?: readonly MemoryBudget[];
  /** By default stderr. */
  readonly write?: (text: string) => void;
  /** Where the command writes what it is for; by default stdout. */
  readonly output?: { readonly errored: Error | null | undefined };
}

/** Counts for the first line of the summary. */
export interface Seen {
  readonly seen: number;
  readonly shown: number;
  readonly unit: string;
}

/**
 * Messages of a command beside its output: problems as they come (the first of each kind; none is kept), and at the end how
 * many more there were, what was seen, the ledger, and the exit code that all of it comes to.
 */
export class LastWords {
  readonly #options: LastWordsOptions;
  readonly #write: (text: string) => void;
  readonly #counts = new Map<string, number>();
  readonly #codes = new Set<number>();
  #problems = 0;

  constructor(options: LastWordsOptions) {
    this.#options = options;
    this.#write = options.write ?? ((text) => process.stderr.write(text));
  }

  /** How many problems there were; notes are none. */
  get problems(): number {
    return this.#problems;
  }

  /**
   * Something is wrong with the input, and the command goes on: it ends with `failed`.
   * @param kind problems of one kind are counted together
   */
  problem(problem: unknown, kind = "problem"): void {
    this.#codes.add(EXIT_CODES.failed.code);
    this.#problems++;
    if (this.#count(kind)) this.#write(`tapline: ${errorLine(problem)}\n`);
  }

  /** Tells of something that does not make the command fail. @param text safe for a terminal */
  note(text: string, kind = "problem"): void {
    if (this.#count(kind)) this.#write(`tapline: ${text}\n`);
  }

  /** The command ends with this, or with something worse. */
  endWith(reason: ExitReason | number): void {
    this.#codes.add(typeof reason === "number" ? reason : EXIT_CODES[reason].code);
  }

  /**
   * Says the rest, but no balance where the output is not whole, and gives the exit code. Everything is over: what is still
   * buffered, or reserved in a budget, was forgotten, and data is missing.
   */
  finish(seen?: Seen): number {
    const { ledger, quiet, books = "all" } = this.#options;
    const lines: string[] = [];
    for (const [kind, count] of this.#counts)
      if (count > MAX_TOLD)
        lines.push(`tapline: ${count - MAX_TOLD} ${kind === "problem" ? "" : `${kind} `}problems more`);
    const forgotten = this.#findForgotten();
    if (!ledger.balanced || forgotten.length > 0) this.endWith("dataMissing");
    // The failure is told where it is noticed: all may have been read, and not all of it was shown.
    const isCut = (this.#options.output ?? process.stdout).errored instanceof Error;
    if ((quiet !== true && !isCut) || !ledger.balanced) {
      if (seen !== undefined)
        lines.push(`${seen.seen} ${seen.seen === 1 ? seen.unit : `${seen.unit}s`}, ${seen.shown} shown`);
      lines.push(...ledger.formatBalance(books));
    }
    lines.push(...forgotten);
    if (lines.length > 0) this.#write(`${lines.join("\n")}\n`);
    return worstExitCode(this.#codes);
  }

  /** Whether this one is told. */
  #count(kind: string): boolean {
    const known = this.#counts.has(kind) || this.#counts.size < MAX_KINDS ? kind : "other";
    const count = (this.#counts.get(known) ?? 0) + 1;
    this.#counts.set(known, count);
    return count <= MAX_TOLD;
  }

  #findForgotten(): string[] {
    const { ledger, budgets = [] } = this.#options;
    return [
      ...ledger.unsettled.map(
        ({ name, buffered }) => `tapline: ${name}: ${buffered} are buffered, and nothing is open`,
      ),
      ...budgets
        .filter(({ used }) => used !== 0)
        .map(({ used }) => `tapline: memory: ${used} bytes are reserved, and nothing is open`),
    ];
  }
}
