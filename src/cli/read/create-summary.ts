import { decodeContent } from "../../analysis/content/node-content-decoder.ts";
import { presentExchange } from "../../analysis/content/present-exchange.ts";
import { type AnalysisLimits, DEFAULT_LIMITS } from "../../analysis/limits.ts";
import type { PipelineOutput } from "../../analysis/pipeline/flow-pipeline.ts";
import type { Redactor } from "../../analysis/redaction/index.ts";
import { ExchangeSummary } from "../../analysis/summary/exchange-summary.ts";
import { type Exchange, TaplineError } from "../../model/index.ts";
import type { GatheredOutput } from "../../sink/terminal/gathered-output.ts";
import type { Style } from "../../sink/terminal/style.ts";
import { SUMMARY_FORMATS, type SummaryFormat } from "../../sink/terminal/summary/options.ts";
import { createSummarySink } from "../../sink/terminal/summary/output.ts";
import type { ZonedTime } from "../../wire/text/zoned-time.ts";
import { createGrouping, groupByTime } from "./create-grouping.ts";
import type { FieldLanguage } from "./read-columns.ts";
import type { SummaryFlags } from "./read-flags.ts";

export interface CreateSummaryOptions {
  readonly style: Style;
  readonly clock: ZonedTime;
  readonly format: string;
  /** Where the flags name what to group by. */
  readonly language: FieldLanguage | undefined;
  readonly isLive: boolean;
  /** Absent: nothing is redacted. */
  readonly redactor: Redactor | undefined;
  readonly limits: Partial<AnalysisLimits>;
}

/** @throws TaplineError (`usage`) */
export function createSummary(
  { by, interval, top, sort }: SummaryFlags,
  out: GatheredOutput,
  { style, clock, format, language, isLive, redactor, limits }: CreateSummaryOptions,
): PipelineOutput {
  const known = SUMMARY_FORMATS.find((one) => one === format);
  if (known === undefined)
    throw new TaplineError("usage", `a summary is printed as ${SUMMARY_FORMATS.join(", ")}, not as ${format}`);
  const { names, ...grouping } = interval === undefined ? createGrouping(by, language) : groupByTime(interval, clock);
  const presentation = { decode: decodeContent, redactor, limits: { ...DEFAULT_LIMITS, ...limits } };
  const present = (exchange: Exchange): Exchange => presentExchange(exchange, presentation);
  const { isTTY, columns, rows } = process.stdout;
  return {
    // Most of what may be seen of an exchange is never asked for here: it is made of those that are shown.
    redaction: "none",
    exchanges: createSummarySink(out, {
      summary: new ExchangeSummary({ ...grouping, present }),
      format: known satisfies SummaryFormat,
      by: names,
      ...{ top, sort, clock, style },
      ...(isTTY && { columns, rows }),
      isLive: isLive && isTTY && known === "table",
    }),
  };
}
