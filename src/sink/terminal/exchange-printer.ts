import type { DescribeMessage } from "../../analysis/content/grpc-payloads.ts";
import { showMarks } from "../../analysis/redaction/index.ts";
import type { Exchange } from "../../model/index.ts";
import { exchangeDetails } from "./exchange-details.ts";
import { ExchangeTable } from "./exchange-table.ts";
import type { Style } from "./style.ts";

export interface PrinterOptions {
  readonly style: Style;
  /** Columns of the terminal; absent where the output is none. */
  readonly columns?: number;
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

  constructor(options: PrinterOptions) {
    this.#options = options;
    const { style, columns } = options;
    this.#table = new ExchangeTable({ style, ...(columns === undefined ? {} : { columns }) });
  }

  /** The columns' titles: on a terminal only, since elsewhere every line is an exchange. */
  printHeader(): void {
    if (this.#options.columns !== undefined) this.#options.write(`${this.#table.header()}\n`);
  }

  print(exchange: Exchange): void {
    const { style, verbosity = 0, write, describeMessage } = this.#options;
    const line = this.#table.format(exchange);
    if (verbosity === 0) write(`${line}\n`);
    else {
      const details = exchangeDetails(exchange, style, verbosity > 1, describeMessage).join("\n");
      write(`${line}\n${showMarks(details)}\n\n`);
    }
  }
}
