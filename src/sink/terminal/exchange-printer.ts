import type { DescribeMessage } from "../../analysis/content/grpc-payloads.ts";
import { showMarks } from "../../analysis/redaction/index.ts";
import type { Exchange } from "../../model/index.ts";
import type { ZonedTime } from "../../wire/text/zoned-time.ts";
import { exchangeDetails } from "./details/exchange-details.ts";
import type { Cell, Column } from "./list/exchange-columns.ts";
import { ExchangeTable } from "./list/exchange-table.ts";
import type { Style } from "./style.ts";

export interface PrinterOptions {
  readonly style: Style;
  /** Columns of the terminal; absent where the output is none. */
  readonly columns?: number;
  /** The columns; by default `DEFAULT_COLUMNS`. */
  readonly show?: readonly Column[] | undefined;
  readonly clock?: ZonedTime | undefined;
  /** Titles are wanted where the output is no terminal, too. */
  readonly header?: boolean | undefined;
  /** 0: one line an exchange. 1: and headers. 2: and bodies. */
  readonly verbosity?: number;
  /** Says what the messages of conversations hold. */
  readonly describeMessage?: DescribeMessage;
  /** Takes whole lines, each with its line feed. */
  readonly write: (text: string) => void;
}

/**
 * Prints exchanges as they come: what `tapline read` and `--show` do. They have to be redacted before; whatever they hold
 * is escaped, so that nothing of it reaches the terminal as a control sequence.
 */
export class ExchangePrinter {
  readonly #options: PrinterOptions;
  readonly #table: ExchangeTable;
  /**
   * The first lines, until the columns fit them; undefined once they are printed. As texts: V8 would take cells for long-lived objects
   * where so many stay, and make all of them, and with them the heads that they are parts of, where only a full collection frees them.
   */
  #first: string[] | undefined = [];
  #firstChars = 0;

  constructor(options: PrinterOptions) {
    this.#options = options;
    const { style, columns, show, clock } = options;
    this.#table = new ExchangeTable({
      style,
      ...(columns !== undefined && { columns }),
      ...(show !== undefined && { show }),
      ...(clock !== undefined && { clock }),
    });
  }

  /** The columns' titles: on a terminal, or where they were asked for, since elsewhere every line is an exchange. */
  printHeader(): void {
    const { columns, header } = this.#options;
    if (columns !== undefined || header === true) this.#options.write(`${this.#table.header()}\n`);
  }

  print(exchange: Exchange): void {
    this.#write(this.#table.format(exchange), this.#detailsOf(exchange));
  }

  /** Prints it below columns that fit the first lines: those wait, titles too, until they are enough or `printFirst` is called. */
  printFitted(exchange: Exchange): void {
    if (this.#first === undefined) {
      this.print(exchange);
      return;
    }
    const shaped = this.shape(exchange);
    this.#first.push(shaped);
    this.#firstChars += shaped.length;
    if (this.#first.length >= FIRST_LINES || this.#firstChars > FIRST_CHARS) this.printFirst();
  }

  /** The lines that wait are printed; others go by their widths. */
  printFirst(): void {
    const first = this.#first;
    if (first === undefined) return;
    this.#first = undefined;
    this.printHeader();
    for (const shaped of first) this.printShaped(shaped);
  }

  /** The exchange's part of a table whose lines come in another order: to be printed by `printShaped` when all are shaped. */
  shape(exchange: Exchange): string {
    const cells = this.#table.cells(exchange);
    this.#table.fit(cells);
    return JSON.stringify([cells, this.#detailsOf(exchange)]);
  }

  printShaped(shaped: string): void {
    const [cells, details] = JSON.parse(shaped) as [Cell[], string | null];
    this.#write(this.#table.formatCells(cells), details ?? undefined);
  }

  #detailsOf(exchange: Exchange): string | undefined {
    const { style, verbosity = 0, describeMessage } = this.#options;
    if (verbosity === 0) return undefined;
    return showMarks(exchangeDetails(exchange, style, verbosity > 1, describeMessage).join("\n"));
  }

  #write(line: string, details: string | undefined): void {
    this.#options.write(details === undefined ? `${line}\n` : `${line}\n${details}\n\n`);
  }
}

/** So many lines say how wide columns are, */
const FIRST_LINES = 256;
/** or so many characters of theirs, and of what stands below them. */
const FIRST_CHARS = 256 * 1024;
