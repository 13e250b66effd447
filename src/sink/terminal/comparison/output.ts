import { escapeControlInJson } from "../../../wire/text/escape-control.ts";
import { comparisonDocument } from "./documents.ts";
import { renderJunit } from "./junit.ts";
import type { ComparisonFormat, ComparisonOutputOptions } from "./options.ts";
import { renderMarkdown, renderTable } from "./table.ts";

export function renderComparison(format: ComparisonFormat, options: ComparisonOutputOptions): string {
  switch (format) {
    case "table":
      return renderTable(options);
    case "markdown":
      return renderMarkdown(options);
    case "json":
      return `${escapeControlInJson(JSON.stringify(comparisonDocument(options), undefined, 2), "lines")}\n`;
    case "junit":
      return renderJunit(options);
  }
}
