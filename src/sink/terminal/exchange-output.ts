import type { DescribeMessage } from "../../analysis/content/grpc-payloads.ts";
import { formatExplanation } from "../../analysis/filter/explain.ts";
import type { Field } from "../../analysis/filter/index.ts";
import type { PipelineOutput } from "../../analysis/pipeline/flow-pipeline.ts";
import { EXCHANGE_CODEC, exchangeDocument } from "../../analysis/protocols/index.ts";
import { showMarks } from "../../analysis/redaction/index.ts";
import { type Exchange, type Ledger, type LedgerReason, VERSION } from "../../model/index.ts";
import type { ExchangeRow } from "../../wire/format.ts";
import { findFormat } from "../../wire/formats.ts";
import { flowDocument } from "../../wire/ndjson/index.ts";
import { escapeControl, escapeControlInJson } from "../../wire/text/escape-control.ts";
import { ZonedTime } from "../../wire/text/zoned-time.ts";
import { type RequestProgram, requestCommand } from "./details/request-command.ts";
import { ExchangePrinter } from "./exchange-printer.ts";
import { type GatheredOutput, gatherInto } from "./gathered-output.ts";
import { type Column, CSV_COLUMNS, DEFAULT_COLUMNS } from "./list/exchange-columns.ts";
import { type ExchangeForm, formOutput, type Sorting } from "./list/exchange-form.ts";
import { formatFlow } from "./list/flow-line.ts";
import { ListClock } from "./list/list-clock.ts";
import { csvForm, markdownForm } from "./list/list-forms.ts";
import type { OutputFormat } from "./output-formats.ts";
import type { Style } from "./style.ts";

export interface TableOutputOptions {
  readonly style: Style;
  readonly columns?: number;
  readonly verbosity: number;
  readonly describeMessage?: DescribeMessage;
  /** Documents go to a terminal: what could move its cursor or turn its text is escaped in them. */
  readonly isTerminal?: boolean;
  /** Prints of each exchange why the filter chose it or not. */
  readonly explain?: boolean;
  /** The columns; by default those that the format usually has. */
  readonly show?: readonly Column[] | undefined;
  readonly clock?: ZonedTime | undefined;
  /** Titles where the output is no terminal, too. */
  readonly header?: boolean | undefined;
  /** Another order than that in which they come. */
  readonly sorting?: Sorting | undefined;
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
  const { isTerminal = false, sorting, clock } = table;
  switch (format) {
    case "table":
      return tableOutput(out, table);
    case "json":
      return jsonOutput(out, isTerminal, sorting);
    case "csv":
      return listOutput(out, csvForm(out, { show: table.show ?? CSV_COLUMNS, clock }), table);
    case "markdown":
      return listOutput(out, markdownForm(out, { show: table.show ?? DEFAULT_COLUMNS, clock }), table);
    case "curl":
    case "httpie":
      return commandOutput(out, format, ledger, table);
    default:
      return encodedOutput(out, findFormat(format) as ExchangeRow, ledger, isTerminal, sorting);
  }
}

function tableOutput(
  out: GatheredOutput,
  { style, columns, verbosity, describeMessage, explain = false, show, clock, header, sorting }: TableOutputOptions,
): PipelineOutput {
  const printer = new ExchangePrinter({
    ...{ style, verbosity, show, clock, header },
    write: out.write,
    ...(columns === undefined ? {} : { columns }),
    ...(describeMessage === undefined ? {} : { describeMessage }),
  });
  const times = new ListClock(clock ?? new ZonedTime());
  // An explanation stands below its line: lines do not wait.
  const isFitted = sorting === undefined && !explain;
  const form: ExchangeForm = {
    ...(isFitted
      ? { write: (exchange) => printer.printFitted(exchange), beforeFlush: () => printer.printFirst() }
      : { write: (exchange) => printer.print(exchange), begin: () => printer.printHeader() }),
    shape: (exchange) => printer.shape(exchange),
    print: (shaped) => printer.printShaped(shaped),
  };
  return {
    exchanges: formOutput(out, form, sorting),
    flows: gatherInto(out, {
      write: (event) => {
        if (isFitted) printer.printFirst();
        out.write(`${formatFlow(event, style, times)}\n`);
      },
    }),
    ...(explain && {
      explain: (explanation) => {
        for (const line of formatExplanation(explanation, "    ")) out.write(`${showMarks(escapeControl(line))}\n`);
      },
    }),
  };
}

/** Flows have none of the columns. */
function listOutput(out: GatheredOutput, form: ExchangeForm, { sorting }: TableOutputOptions): PipelineOutput {
  return { exchanges: formOutput(out, form, sorting) };
}

/** Book `written-exchanges`: what is no request of HTTP is left out. */
function commandOutput(
  out: GatheredOutput,
  program: Exclude<RequestProgram, "replay">,
  ledger: Ledger,
  { sorting, isTerminal = false }: TableOutputOptions,
): PipelineOutput {
  const noPlace = `no-${program}-form` as const;
  const write = documentWriter(out, isTerminal);
  const form: ExchangeForm = {
    shape: (exchange) => requestCommand(exchange, program),
    print: write,
    noPlace,
    placed: bookPlaces(ledger, noPlace),
  };
  return { exchanges: formOutput(out, form, sorting) };
}

function bookPlaces(ledger: Ledger, noPlace: LedgerReason): (hasPlace: boolean) => void {
  return (hasPlace) => {
    const book = ledger.book("written-exchanges");
    book.enter(1);
    if (hasPlace) book.settleHandled(1);
    else book.settleSkipped(noPlace, 1);
  };
}

/** One list, a document a line of it. */
function jsonOutput(out: GatheredOutput, isTerminal: boolean, sorting: Sorting | undefined): PipelineOutput {
  let count = 0;
  const shown = documentWriter(out, isTerminal);
  const add = (text: string): void => shown(`${count++ === 0 ? "[\n" : ",\n"}${text}`);
  const form: ExchangeForm = {
    shape: (exchange) => JSON.stringify(exchangeDocument(exchange), undefined, 2),
    print: add,
    end: () => out.write(count === 0 ? "[]\n" : "\n]\n"),
  };
  return {
    exchanges: formOutput(out, form, sorting),
    flows: gatherInto(out, { write: (event) => add(JSON.stringify(flowDocument(event), undefined, 2)) }),
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
  sorting?: Sorting,
): PipelineOutput {
  const write = documentWriter(out, isTerminal);
  const noPlace = `no-${format.name}-form` as const;
  const encoder = format.encode(VERSION, EXCHANGE_CODEC);
  const { separator = "" } = encoder;
  const book = bookPlaces(ledger, noPlace);
  let printed = 0;
  const place = (exchange: Exchange, take: (text: string) => void): LedgerReason | undefined => {
    const text = encoder.exchange(exchange);
    book(text !== undefined);
    if (text !== undefined) take(text);
    return text === undefined ? noPlace : undefined;
  };
  const form: ExchangeForm = {
    begin: () => write(encoder.begin()),
    write: (exchange) => place(exchange, write),
    shape: (exchange) => {
      let shaped: string | undefined;
      place(exchange, (text) => {
        // Of an order that is not known yet.
        shaped = text.startsWith(separator) ? text.slice(separator.length) : text;
      });
      return shaped;
    },
    print: (text) => write(printed++ === 0 ? text : `${separator}${text}`),
    noPlace,
    end: () => write(encoder.end()),
  };
  return {
    exchanges: formOutput(out, form, sorting),
    flows: gatherInto(out, {
      write: (event) => {
        const book = ledger.book("written-flows");
        book.enter(1);
        const text = encoder.flow(event);
        if (text === undefined) {
          book.settleSkipped(noPlace, 1);
          return noPlace;
        }
        write(text);
        book.settleHandled(1);
        return undefined;
      },
    }),
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
  readonly sorting?: Sorting | undefined;
}

/** `-T fields`: one line an exchange, with what each expression gives. */
export function createFieldOutput(out: GatheredOutput, options: FieldOutputOptions): PipelineOutput {
  const { fields, separator, header, quote, format, sorting } = options;
  const cell = (text: string): string =>
    quote === "" ? text : `${quote}${text.replaceAll(quote, quote + quote)}${quote}`;
  const line = (kind: "exchange" | "flow", subject: never): string => {
    let cells = "";
    for (let i = 0; i < fields.length; i++) {
      if (i > 0) cells += separator;
      cells += cell(format(fields[i]!, kind, subject));
    }
    return `${cells}\n`;
  };
  const form: ExchangeForm = {
    begin: () => {
      if (header) out.write(`${fields.map(({ text }) => cell(text)).join(separator)}\n`);
    },
    shape: (exchange) => line("exchange", exchange as never),
    print: out.write,
  };
  return {
    exchanges: formOutput(out, form, sorting),
    flows: gatherInto(out, {
      write: (event) => out.write(line("flow", event as never)),
    }),
  };
}
