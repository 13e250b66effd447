import type { DescribeMessage } from "../../analysis/content/grpc-payloads.ts";
import { formatExplanation } from "../../analysis/filter/explain.ts";
import type { Field } from "../../analysis/filter/index.ts";
import type { PipelineOutput } from "../../analysis/pipeline/flow-pipeline.ts";
import { EXCHANGE_CODEC, exchangeDocument } from "../../analysis/protocols/index.ts";
import { showMarks } from "../../analysis/redaction/index.ts";
import { type Ledger, VERSION } from "../../model/index.ts";
import { type ExchangeRow, findFormat } from "../../wire/formats.ts";
import { flowDocument } from "../../wire/ndjson/index.ts";
import { escapeControl, escapeControlInJson } from "../../wire/text/escape-control.ts";
import { ExchangePrinter } from "./exchange-printer.ts";
import { formatFlow } from "./flow-line.ts";
import { type GatheredOutput, gatherInto } from "./gathered-output.ts";
import type { Style } from "./style.ts";

export type OutputFormat = "table" | "json" | "ndjson" | "har";

export interface TableOutputOptions {
  readonly style: Style;
  readonly columns?: number;
  readonly verbosity: number;
  readonly describeMessage?: DescribeMessage;
  /** Documents go to a terminal: what could move its cursor or turn its text is escaped in them. */
  readonly isTerminal?: boolean;
  /** Prints of each exchange why the filter chose it or not. */
  readonly explain?: boolean;
}

/**
 * Writes exchanges and flows in a format, its beginning at once. They have been redacted.
 * @param ledger gets the book `written-exchanges` (and `written-flows`) where the format has no place for some of them
 */
export function createExchangeOutput(
  format: OutputFormat,
  out: GatheredOutput,
  ledger: Ledger,
  table: TableOutputOptions,
): PipelineOutput {
  const { isTerminal = false } = table;
  switch (format) {
    case "table":
      return tableOutput(out, table);
    case "json":
      return jsonOutput(out, isTerminal);
    case "ndjson":
    case "har":
      return encodedOutput(out, findFormat(format) as ExchangeRow, ledger, isTerminal);
  }
}

function tableOutput(
  out: GatheredOutput,
  { style, columns, verbosity, describeMessage, explain = false }: TableOutputOptions,
): PipelineOutput {
  const printer = new ExchangePrinter({
    style,
    verbosity,
    write: out.write,
    ...(columns === undefined ? {} : { columns }),
    ...(describeMessage === undefined ? {} : { describeMessage }),
  });
  printer.printHeader();
  return {
    exchanges: gatherInto(out, { write: (exchange) => printer.print(exchange) }),
    flows: gatherInto(out, { write: (event) => out.write(`${formatFlow(event, style)}\n`) }),
    ...(explain && {
      explain: (explanation) => {
        for (const line of formatExplanation(explanation, "    ")) out.write(`${showMarks(escapeControl(line))}\n`);
      },
    }),
  };
}

/** One list, a document a line of it. */
function jsonOutput(out: GatheredOutput, isTerminal: boolean): PipelineOutput {
  let count = 0;
  const shown = documentWriter(out, isTerminal);
  const add = (document: object): void =>
    shown(`${count++ === 0 ? "[\n" : ",\n"}${JSON.stringify(document, undefined, 2)}`);
  return {
    exchanges: gatherInto(out, {
      write: (exchange) => add(exchangeDocument(exchange)),
      end: () => out.write(count === 0 ? "[]\n" : "\n]\n"),
    }),
    flows: gatherInto(out, { write: (event) => add(flowDocument(event)) }),
  };
}

/**
 * Exchanges in a format that holds them. What it has no place for (in a HAR flows, and exchanges that are not like HTTP's) is left out,
 * and counted: `written-exchanges: 5 in = 3 handled + 2 skipped (no-har-form 2)`.
 */
export function encodedOutput(
  out: GatheredOutput,
  format: ExchangeRow,
  ledger: Ledger,
  isTerminal = false,
): PipelineOutput {
  const write = documentWriter(out, isTerminal);
  const noPlace = `no-${format.name}-form`;
  const add = (bookName: string, text: string | undefined): string | undefined => {
    const book = ledger.book(bookName);
    book.enter(1);
    if (text === undefined) {
      book.settleSkipped(noPlace, 1);
      return noPlace;
    }
    write(text);
    book.settleHandled(1);
    return undefined;
  };
  const encoder = format.encode(VERSION, EXCHANGE_CODEC);
  write(encoder.begin());
  return {
    exchanges: gatherInto(out, {
      write: (exchange) => add("written-exchanges", encoder.exchange(exchange)),
      end: () => write(encoder.end()),
    }),
    flows: gatherInto(out, { write: (event) => add("written-flows", encoder.flow(event)) }),
  };
}

/** Writes pieces of documents, which may have lines. */
export function documentWriter(out: GatheredOutput, isTerminal: boolean): (text: string) => void {
  return isTerminal ? (text) => out.write(escapeControlInJson(text, "lines")) : out.write;
}

export interface FieldOutputOptions {
  readonly fields: readonly Field[];
  readonly separator: string;
  readonly header: boolean;
  readonly quote: "" | '"' | "'";
  readonly format: (field: Field, kind: "exchange" | "flow", subject: never) => string;
}

/** `-T fields`: one line an exchange, with what each expression gives. */
export function createFieldOutput(out: GatheredOutput, options: FieldOutputOptions): PipelineOutput {
  const { fields, separator, header, quote, format } = options;
  const line = (cells: readonly string[]): void =>
    out.write(
      `${cells.map((cell) => `${quote}${quote === "" ? cell : cell.replaceAll(quote, quote + quote)}${quote}`).join(separator)}\n`,
    );
  if (header) line(fields.map(({ text }) => text));
  return {
    exchanges: gatherInto(out, {
      write: (exchange) => line(fields.map((field) => format(field, "exchange", exchange as never))),
    }),
    flows: gatherInto(out, {
      write: (event) => line(fields.map((field) => format(field, "flow", event as never))),
    }),
  };
}
