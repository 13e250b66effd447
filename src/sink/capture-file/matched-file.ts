import type { ExchangeSink, Ledger, MemoryBudget, TaplineError } from "../../model/index.ts";
import type { ReadInputOptions } from "../../source/capture-file/read-input.ts";
import type { FormatFamily } from "../../wire/format.ts";

/**
 * A file of the packets or traces of what matched. It is told of the exchanges (redacted); which packets are theirs is known
 * when an input has been read, and it reads it a second time then.
 */
export interface MatchedFile extends ExchangeSink {
  /** The format that it writes, for messages. */
  readonly name: string;
  /** Formats that it can be made of. */
  readonly takes: readonly FormatFamily[];
  /** Told which packets of a capture were fragments of a connection's datagrams, as it is read first. */
  readonly fragments?: NonNullable<ReadInputOptions["fragments"]>;
  /** Reads the input again, a file or those of one capture, and writes what is wanted of it. */
  finishInput(paths: readonly string[], look: SecondLook): Promise<void>;
  /** There is no result: nothing stays behind. */
  abandon(): void;
}

/** Options for reading a file again. */
export type SecondLook = Pick<ReadInputOptions, "reassemblyLimits" | "signal" | "problem"> & {
  /** Told of what the file cannot say, though nothing is wrong with what was read. */
  readonly note: (problem: TaplineError) => void;
  readonly newLedger: () => Ledger;
  readonly newBudget: () => MemoryBudget;
};
