import { stripVTControlCharacters } from "node:util";
import type { Exchange, ExchangeSink } from "../../../model/index.ts";
import { displayWidth } from "../../../wire/text/display-width.ts";
import { type GatheredOutput, gatherInto } from "../gathered-output.ts";
import { renderCsv, summaryDocument } from "./documents.ts";
import type { SummaryOutputOptions } from "./options.ts";
import { renderMarkdown, renderTable } from "./table.ts";

/** Sums exchanges up and prints that at the end; on a terminal now and then before, too. */
export function createSummarySink(out: GatheredOutput, options: SummaryOutputOptions): ExchangeSink {
  const { summary, isLive = false } = options;
  let drawnMillis = performance.now();
  let isDrawn = false;
  const drawMeanwhile = (): void => {
    out.write(CLEAR + fitted(render(options), options));
    drawnMillis = performance.now();
    isDrawn = true;
  };
  return gatherInto<Exchange>(out, {
    write: (exchange) => {
      summary.add(exchange);
      if (isLive && performance.now() - drawnMillis >= REDRAW_MILLIS) drawMeanwhile();
    },
    // All of it, and of what stood there before only its own is written over.
    end: () => out.write((isDrawn ? CLEAR : "") + render(options)),
  });
}

const REDRAW_MILLIS = 1000;
/** Cursor to the top, and nothing below it (ECMA-48 CUP and ED). */
const CLEAR = "\u001b[H\u001b[J";

/** As many lines as a terminal has, but the one where the cursor stands: what scrolled up could not be drawn anew. A long line takes several. */
function fitted(text: string, { rows, columns = Number.POSITIVE_INFINITY }: SummaryOutputOptions): string {
  if (rows === undefined) return text;
  let room = Math.max(1, rows - 1);
  const lines = text.split("\n");
  const end = lines.findIndex((line) => {
    room -= Math.max(1, Math.ceil(displayWidth(stripVTControlCharacters(line)) / columns));
    return room < 0;
  });
  return (end < 0 ? lines : lines.slice(0, end)).join("\n");
}

function render(options: SummaryOutputOptions): string {
  switch (options.format) {
    case "table":
      return renderTable(options);
    case "json":
      return `${JSON.stringify(summaryDocument(options), undefined, 2)}\n`;
    case "ndjson":
      return `${JSON.stringify(summaryDocument(options))}\n`;
    case "csv":
      return renderCsv(options);
    case "markdown":
      return renderMarkdown(options);
  }
}
