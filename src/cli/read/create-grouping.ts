import { nameService } from "../../analysis/identity/service-name.ts";
import { rowOf } from "../../analysis/protocols/index.ts";
import { templatePath } from "../../analysis/routes/template-path.ts";
import { type Exchange, TaplineError } from "../../model/index.ts";
import { type FieldLanguage, splitList } from "./read-columns.ts";

/**
 * @param by attributes or expressions, in a list with commas; absent: service and route
 * @param language where `by` is given
 * @throws TaplineError (`usage`)
 */
export function createGrouping(by: string | undefined, language: FieldLanguage | undefined): Grouping {
  return by === undefined ? BY_ROUTE : groupByFields(by, language!);
}

/** How exchanges are grouped: the names, and their values in an exchange, `-` for what is not known. */
export interface Grouping {
  readonly names: readonly string[];
  readonly groupBy: (exchange: Exchange) => readonly string[];
}

const BY_ROUTE: Grouping = {
  names: ["service", "route"],
  groupBy: (exchange) => {
    const row = rowOf(exchange);
    return [
      nameService(exchange.connection, row.evidence(exchange))?.name ?? "-",
      templatePath(row.operation(exchange)),
    ];
  },
};

function groupByFields(by: string, { compile, format }: FieldLanguage): Grouping {
  const names = splitList(by);
  if (names.length === 0)
    throw new TaplineError("usage", "--by needs names", { hint: "--by service.name,response.code" });
  const fields = names.map((name) => compile(name));
  return { names, groupBy: (exchange) => fields.map((field) => format(field, exchange as never) || "-") };
}
