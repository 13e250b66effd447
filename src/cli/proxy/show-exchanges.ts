import { ContentAllowance } from "../../analysis/content/content-allowance.ts";
import { decodeContent } from "../../analysis/content/node-content-decoder.ts";
import type { Filter } from "../../analysis/filter/index.ts";
import { InflationAllowance } from "../../analysis/inflation-allowance.ts";
import { ExchangePipeline } from "../../analysis/pipeline/exchange-pipeline.ts";
import type { PipelineOutput } from "../../analysis/pipeline/flow-pipeline.ts";
import type { Redactor } from "../../analysis/redaction/index.ts";
import { PacedDecoder } from "../../sink/content/paced-decoder.ts";
import { ExchangePrinter } from "../../sink/terminal/exchange-printer.ts";
import { LiveOutput } from "../../sink/terminal/live-output.ts";
import { createStyle, wantsColour } from "../../sink/terminal/style.ts";
import { ANALYSIS_BOOK, type AnalysisEnvironment } from "./analysis-environment.ts";

export interface ShowOptions {
  readonly filter?: Filter | undefined;
  /** 0: one line an exchange. 1: and headers. 2: and bodies. */
  readonly verbosity: number;
  /** Undefined: credentials are shown. */
  readonly redactor: Redactor | undefined;
  readonly stream: NodeJS.WriteStream;
  /** Default true. */
  readonly prints?: boolean;
  /** Outputs beside what is printed. */
  readonly outputs?: readonly PipelineOutput[];
}

/** Bytes of the process's memory that the analysis for `--show` may hold. */
const ANALYSIS_BYTES = 64 * 1024 * 1024;

/** `--show`: prints the exchanges of a running proxy, each when it is over. Books `shown`. */
export function showExchanges(
  { filter, verbosity, redactor, stream, outputs = [], prints = true }: ShowOptions,
  { ledger, budget, streams }: AnalysisEnvironment,
): ExchangePipeline {
  const out = new LiveOutput(stream, ledger.book("shown"));
  const printer = new ExchangePrinter({
    style: createStyle(wantsColour(stream, process.env)),
    verbosity,
    ...(stream.isTTY ? { columns: stream.columns } : {}),
    write: out.write,
  });
  let isFirst = true;
  const printed: PipelineOutput = {
    showsBodies: verbosity >= 2,
    looksAtBodies: verbosity >= 1,
    exchanges: out.createSink((exchange) => {
      if (isFirst) printer.printHeader();
      isFirst = false;
      printer.print(exchange);
    }),
  };
  return new ExchangePipeline({
    ledger,
    bookName: ANALYSIS_BOOK,
    budget: budget.child(ANALYSIS_BYTES),
    decode: decodeContent,
    decodeAhead: new PacedDecoder({ budget, ledger, redactor }),
    inflation: new InflationAllowance(ledger),
    allowance: new ContentAllowance(ledger),
    filter,
    redactor,
    observeStream: (connection) => streams.observe(connection),
    outputs: prints ? [printed, ...outputs] : outputs,
  });
}
