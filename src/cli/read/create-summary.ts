import { nameService } from "../../analysis/identity/service-name.ts";
import type { PipelineOutput } from "../../analysis/pipeline/flow-pipeline.ts";
import { rowOf } from "../../analysis/protocols/index.ts";
import { templatePath } from "../../analysis/routes/template-path.ts";
import { ExchangeSummary } from "../../analysis/summary/exchange-summary.ts";
import { type Exchange, TaplineError } from "../../model/index.ts";
import type { GatheredOutput } from "../../sink/terminal/gathered-output.ts";
import type { Style } from "../../sink/terminal/style.ts";
import { SUMMARY_FORMATS, type SummaryFormat } from "../../sink/terminal/summary/options.ts";
import { createSummarySink } from "../../sink/terminal/summary/output.ts";
import type { ZonedTime } from "../../wire/text/zoned-time.ts";
import { type FieldLanguage, splitList } from "./read-columns.ts";
import type { SummaryFlags } from "./read-flags.ts";

export interface CreateSummaryOptions {
  readonly style: Style;
  readonly clock: ZonedTime;
  readonly format: string;
  /** Where the flags name what to group by. */
  readonly language: FieldLanguage | undefined;
  readonly isLive: boolean;
}

/** @throws TaplineError (`usage`) */
export function createSummary(
  { by, top, sort }: SummaryFlags,
  out: GatheredOutput,
  { style, clock, format, language, isLive }: CreateSummaryOptions,
): PipelineOutput {
  const known = SUMMARY_FORMATS.find((one) => one === format);
  if (known === undefined)
    throw new TaplineError("usage", `a summary is printed as ${SUMMARY_FORMATS.join(", ")}, not as ${format}`);
  const { names, groupBy } = by === undefined ? BY_ROUTE : groupByFields(by, language!);
  const { isTTY, columns } = process.stdout;
  return {
    exchanges: createSummarySink(out, {
      summary: new ExchangeSummary({ groupBy }),
      format: known satisfies SummaryFormat,
      by: names,
      ...{ top, sort, clock, style },
      ...(isTTY && { columns }),
      isLive: isLive && isTTY && known === "table",
    }),
  };
}

interface Grouping {
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
