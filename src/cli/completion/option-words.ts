import { ATTRIBUTES } from "../../analysis/filter/attributes/table.ts";
import { PERSONAL_CLASSES } from "../../analysis/redaction/index.ts";
import { COLUMNS } from "../../sink/terminal/list/exchange-columns.ts";
import { filterLimitNames } from "../flags/filter-limit-flag.ts";
import { limitNames } from "../read/read-limits.ts";

/** The words that an option's value is made of, where it is no choice of one. */
export interface OptionWords {
  readonly words: readonly string[];
  /** Several of them, with commas between. */
  readonly isList: boolean;
}

/** By the option's long name: what is asked for by it is the same in every command. Names of settings end in `=`. */
export function findOptionWords(long: string): OptionWords | undefined {
  return WORDS[long]?.();
}

const attributes = (): string[] => ATTRIBUTES.map(({ name }) => name);

const WORDS: Readonly<Record<string, () => OptionWords>> = {
  "--filter": () => ({ words: attributes(), isList: false }),
  "--field": () => ({ words: attributes(), isList: false }),
  "--by": () => ({ words: attributes(), isList: true }),
  "--columns": () => ({ words: [...new Set([...Object.keys(COLUMNS), ...attributes()])], isList: true }),
  "--limit": () => ({ words: limitNames().map((name) => `${name}=`), isList: false }),
  "--filter-limit": () => ({ words: filterLimitNames().map((name) => `${name}=`), isList: false }),
  "--field-option": () => ({ words: ["header=", "separator=", "quote="], isList: false }),
  "--redact-pii": () => ({ words: PERSONAL_CLASSES, isList: true }),
};
