import { Analyzer } from "../../analysis/analyzer.ts";
import { decodeContent } from "../../analysis/content/node-content-decoder.ts";
import { type Presentation, presentExchange } from "../../analysis/content/present-exchange.ts";
import type { Filter } from "../../analysis/filter/index.ts";
import { createNodeRedactor } from "../../analysis/redaction/node-redactor.ts";
import {
  type Connection,
  type ConnectionTap,
  type Exchange,
  Ledger,
  MemoryBudget,
  type SocketObserver,
} from "../../model/index.ts";
import { ExchangePrinter } from "../../sink/terminal/exchange-printer.ts";
import { createStyle, wantsColour } from "../../sink/terminal/style.ts";

export interface ShowOptions {
  readonly filter?: Filter;
  /** 0: one line an exchange. 1: and headers. 2: and bodies. */
  readonly verbosity: number;
  readonly redact: boolean;
  readonly stream: NodeJS.WriteStream;
}

/** Bytes that the analysis may hold, and that may wait for a slow terminal; lines beyond are lost and counted. */
const ANALYSIS_BYTES = 64 * 1024 * 1024;
const MAX_WAITING_BYTES = 1024 * 1024;

/**
 * Prints the exchanges of a running proxy, each when it is over: `--show`. It listens on the clients' side only, where every
 * exchange passes once.
 */
export class ShownExchanges implements ConnectionTap {
  readonly #options: ShowOptions;
  readonly #ledger = new Ledger();
  readonly #analyzer: Analyzer;
  readonly #presentation: Presentation;
  readonly #printer: ExchangePrinter;
  #text = "";
  #scheduled = false;

  constructor(options: ShowOptions) {
    const { stream, verbosity, redact } = options;
    this.#options = options;
    setBlocking(stream, false);
    this.#presentation = { decode: decodeContent, redactor: redact ? createNodeRedactor() : undefined };
    this.#analyzer = new Analyzer({
      emit: (exchange) => this.#show(exchange),
      ledger: this.#ledger,
      budget: new MemoryBudget(ANALYSIS_BYTES),
    });
    this.#printer = new ExchangePrinter({
      style: createStyle(wantsColour(stream, process.env)),
      verbosity,
      ...(stream.isTTY ? { columns: stream.columns } : {}),
      write: (text) => {
        this.#text += text;
      },
    });
  }

  attach(connection: Connection): SocketObserver | undefined {
    return connection.role === "server" ? this.#analyzer.attach(connection) : undefined;
  }

  /** Prints what is still open, and what was lost. */
  close(): void {
    this.#analyzer.finish();
    setBlocking(this.#options.stream, true);
    this.#flush();
    const shown = this.#ledger.book("shown");
    if (shown.dropped > 0) process.stderr.write(`${shown.format()}\n`);
  }

  #show(exchange: Exchange): void {
    const { filter, stream } = this.#options;
    if (filter?.matches("exchange", exchange) === false) return;
    const shown = this.#ledger.book("shown");
    shown.enter(1);
    if (stream.writableLength + this.#text.length > MAX_WAITING_BYTES) {
      shown.settleDropped("slow-terminal", 1);
      return;
    }
    if (shown.handled === 0) this.#printer.printHeader();
    this.#printer.print(presentExchange(exchange, this.#presentation));
    shown.settleHandled(1);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#scheduled = false;
    if (this.#text === "") return;
    this.#options.stream.write(this.#text);
    this.#text = "";
  }
}

/**
 * Node writes to pipes and terminals synchronously: whoever stops reading (or pressed ^S) would stop the proxy. At the end it
 * has to be that way, so that nothing is lost when the process goes.
 */
function setBlocking(stream: NodeJS.WriteStream, blocking: boolean): void {
  const { _handle: handle } = stream as { _handle?: { setBlocking?(blocking: boolean): void } };
  handle?.setBlocking?.(blocking);
}
