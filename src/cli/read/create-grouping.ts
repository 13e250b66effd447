import { requestFactsOf } from "../../analysis/protocols/index.ts";
import { templatePath } from "../../analysis/routes/template-path.ts";
import type { Grouping } from "../../analysis/summary/groups.ts";
import { TaplineError } from "../../model/index.ts";
import type { ZonedTime } from "../../wire/text/zoned-time.ts";
import { type FieldLanguage, splitList } from "./read-columns.ts";

/**
 * @param by attributes or expressions, in a list with commas; absent: service and route
 * @param language where `by` is given
 * @throws TaplineError (`usage`)
 */
export function createGrouping(by: string | undefined, language: FieldLanguage | undefined): NamedGrouping {
  return by === undefined ? BY_ROUTE : groupByFields(by, language!);
}

/** How exchanges are grouped, with the names of the values. */
export interface NamedGrouping extends Grouping {
  readonly names: readonly string[];
}

const BY_ROUTE: NamedGrouping = {
  names: ["service", "route"],
  groupBy: (exchange) => {
    const { service, operation } = requestFactsOf(exchange);
    return [service?.name ?? "-", templatePath(operation)];
  },
  roughly: ({ service, operation }) => `${service?.name ?? "-"}\n${templatePath(operation)}`,
};

/** Stretches of so many seconds, by the moments at which they begin; they begin at multiples of their length since 1970. */
export function groupByTime(seconds: number, clock: ZonedTime): NamedGrouping {
  return {
    names: ["time"],
    groupBy: ({ times }) => {
      const time = times.requestStart ?? times.responseStart;
      if (time === undefined) return ["-"];
      const millis = Math.round(seconds * 1000 * Math.floor((time.seconds + time.nanos / 1e9) / seconds));
      return [clock.format({ seconds: Math.floor(millis / 1000), nanos: (millis % 1000) * 1e6 }) ?? "-"];
    },
  };
}

function groupByFields(by: string, { compile, format }: FieldLanguage): NamedGrouping {
  const names = splitList(by);
  if (names.length === 0)
    throw new TaplineError("usage", "--by needs names", { hint: "--by service.name,response.code" });
  const fields = names.map((name) => compile(name));
  return { names, groupBy: (exchange) => fields.map((field) => format(field, exchange as never) || "-") };
}
