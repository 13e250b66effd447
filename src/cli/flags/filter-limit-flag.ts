import { type Command, InvalidArgumentError } from "commander";
import { DEFAULT_FILTER_LIMITS, type FilterLimits, setFilterLimits } from "../../analysis/filter/budget.ts";
import { readSize } from "./option-values.ts";

/** `--filter-limit steps=1M`: what filters of this process may do; it may be repeated. */
export function defineFilterLimitFlag(command: Command): void {
  command.option(
    "--filter-limit <name=value>",
    "what one evaluation of a filter may do: steps=100k, made=1M (bytes), program=10k (of a regular expression)",
    (text: string) => {
      const [, name, number] = /^([a-z]+)=(.*)$/.exec(text) ?? [];
      const limit = NAMES.get(name ?? "");
      const value = readSize(number ?? "");
      if (limit === undefined || value === undefined || value < 1)
        throw new InvalidArgumentError(
          `Expected ${filterLimitNames()
            .map((one) => `${one}=NUMBER`)
            .join(", ")}.`,
        );
      setFilterLimits({ [limit]: value });
      return text;
    },
  );
}

export function filterLimitNames(): string[] {
  return [...NAMES.keys()];
}

const NAMES: ReadonlyMap<string, keyof FilterLimits> = new Map(
  (Object.keys(DEFAULT_FILTER_LIMITS) as (keyof FilterLimits)[]).map((limit) => [
    limit.replace("max", "").toLowerCase(),
    limit,
  ]),
);
