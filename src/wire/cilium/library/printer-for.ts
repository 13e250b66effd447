import { MessageBytes } from "../text/message-bytes.ts";
import { Printer, type PrinterOptions } from "../text/printer.ts";

export type { PrinterOptions } from "../text/printer.ts";

const PRINTERS = new WeakMap<PrinterOptions, Printer>();
let defaultPrinter: Printer | undefined;

/** The printer of these options: one an options object, as its dissector carries state under `compat`. */
export function printerFor(options: PrinterOptions | undefined): Printer {
  if (options === undefined) {
    defaultPrinter ??= new Printer();
    return defaultPrinter;
  }
  let printer = PRINTERS.get(options);
  if (printer === undefined) {
    printer = new Printer(options);
    PRINTERS.set(options, printer);
  }
  return printer;
}

/** A whole message as the printers take it. Not copied. */
export function viewMessage(data: Uint8Array): MessageBytes {
  const message = new MessageBytes();
  message.set(data, 0, data.length, data.length);
  return message;
}
