import { ATTRIBUTES } from "../../analysis/filter/attributes/table.ts";
import { PERSONAL_CLASSES } from "../../analysis/redaction/index.ts";
import { COLUMNS } from "../../sink/terminal/list/exchange-columns.ts";
import { DISABLED_NAMES } from "../../source/proxy/disable-extensions.ts";
import { MessageTypeNames } from "../../wire/cilium/index.ts";
import { WRITABLE_FORMATS } from "../../wire/formats.ts";
import { filterLimitNames } from "../flags/filter-limit-flag.ts";
import { DIRECTIONS, PROTOCOLS, VERDICT_NAMES } from "../monitor/flow-flags.ts";
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

const formatNames = (): string[] => WRITABLE_FORMATS.map(({ name }) => name);
const attributes = (): string[] => ATTRIBUTES.map(({ name }) => name);

const WORDS: Readonly<Record<string, () => OptionWords>> = {
  "--disable-extension": () => ({ words: DISABLED_NAMES, isList: true }),
  "--format": () => ({ words: formatNames(), isList: false }),
  "--write-format": () => ({ words: formatNames(), isList: false }),
  "--type": () => ({ words: Object.keys(MessageTypeNames), isList: true }),
  "--verdict": () => ({ words: VERDICT_NAMES, isList: true }),
  "--protocol": () => ({ words: PROTOCOLS, isList: true }),
  "--traffic-direction": () => ({ words: DIRECTIONS, isList: true }),
  "--filter": () => ({ words: attributes(), isList: false }),
  "--filter-a": () => ({ words: attributes(), isList: false }),
  "--filter-b": () => ({ words: attributes(), isList: false }),
  "--display-filter": () => ({ words: attributes(), isList: false }),
  "--dump-when": () => ({ words: attributes(), isList: false }),
  "--field": () => ({ words: attributes(), isList: false }),
  "--by": () => ({ words: attributes(), isList: true }),
  "--columns": () => ({ words: [...new Set([...Object.keys(COLUMNS), ...attributes()])], isList: true }),
  "--limit": () => ({ words: limitNames().map((name) => `${name}=`), isList: false }),
  "--filter-limit": () => ({ words: filterLimitNames().map((name) => `${name}=`), isList: false }),
  "--field-option": () => ({ words: ["header=", "separator=", "quote="], isList: false }),
  "--redact-pii": () => ({ words: PERSONAL_CLASSES, isList: true }),
};
