/** The exit codes of a process, each with its meaning; the help texts are made from this table. */
export const EXIT_CODES = {
  done: { code: 0, meaning: "done" },
  failed: { code: 1, meaning: "failed" },
  usage: { code: 2, meaning: "wrong usage or configuration" },
  nothingMatched: { code: 3, meaning: "nothing matched (--fail-empty)" },
  dataMissing: { code: 4, meaning: "data is missing or the ledger does not balance" },
  found: { code: 5, meaning: "found: what was searched for is there" },
  interrupted: { code: 130, meaning: "after ^C" },
} as const;

export type ExitReason = keyof typeof EXIT_CODES;

/** From the worst on: of several, the first in this list is what the process ends with. */
const SEVERITY: readonly number[] = [
  EXIT_CODES.dataMissing.code,
  EXIT_CODES.failed.code,
  EXIT_CODES.usage.code,
  EXIT_CODES.interrupted.code,
  EXIT_CODES.found.code,
  EXIT_CODES.nothingMatched.code,
  EXIT_CODES.done.code,
];

/** The worst of exit codes, 0 of none. A code that is not in the table (a killed child's) is as bad as `failed`, and stays as it is. */
export function worstExitCode(codes: Iterable<number>): number {
  const rank = (code: number): number => {
    const at = SEVERITY.indexOf(code);
    return at < 0 ? SEVERITY.indexOf(EXIT_CODES.failed.code) : at;
  };
  let worst: number = EXIT_CODES.done.code;
  for (const code of codes) if (rank(code) < rank(worst)) worst = code;
  return worst;
}

/** `0 done, 1 failed, …`: for help texts. */
export function describeExitCodes(reasons = Object.keys(EXIT_CODES) as readonly ExitReason[]): string {
  return reasons
    .map((reason) => {
      const { code, meaning } = EXIT_CODES[reason];
      return code === 130 ? `130 ${meaning}` : `${code} ${meaning}`;
    })
    .join(", ");
}
