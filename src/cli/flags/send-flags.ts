import type { Command } from "commander";
import type { PipelineOutput } from "../../analysis/pipeline/flow-pipeline.ts";
import { type Ledger, type MemoryBudget, TaplineError } from "../../model/index.ts";
import { parseSize } from "./option-values.ts";

/** The flags' values, as they were written. */
export interface SendFlags {
  /** A collector: `grpc://HOST:PORT`. */
  send?: string;
  spool?: string;
  spoolBytes?: number;
}

export function defineSendFlags(command: Command): void {
  command
    .option("--send <url>", "hand what matches to a collector: grpc://127.0.0.1:11800 (TAPLINE_INGEST_TOKEN)")
    .option("--spool <folder>", "with --send: what is not acknowledged lies there, and the next run goes on with it")
    .option("--spool-bytes <size>", "how much at most: 10G (default: 1G)", parseSize);
}

/** The process that sends. */
export interface SendEnvironment {
  readonly ledger: Ledger;
  readonly budget: MemoryBudget;
}

/** Makes the output for a process. @throws TaplineError (`usage`, `output`) */
export type Sending = (environment: SendEnvironment) => PipelineOutput;

/**
 * Hands exchanges and flows to a collector: what is not acknowledged may take a quarter of the memory, and the spool. Undefined where none is
 * named. The output is closed with the pipeline. @throws TaplineError (`usage`)
 */
export async function loadSending(
  { send, spool, spoolBytes }: SendFlags,
  tell: (text: string) => void = (text) => void process.stderr.write(`tapline: ${text}\n`),
): Promise<Sending | undefined> {
  if (send === undefined) {
    if (spool === undefined && spoolBytes === undefined) return undefined;
    throw new TaplineError("usage", "--spool is for --send, and --send is not there");
  }
  const { CollectorSender } = await import("../../sink/send/collector-sender.ts");
  return ({ ledger, budget }) => {
    const sender = new CollectorSender({
      url: send,
      token: process.env["TAPLINE_INGEST_TOKEN"] || undefined,
      ledger,
      budget: budget.child(Math.floor(budget.limit / 4)),
      tell,
      spool,
      ...(spoolBytes !== undefined && { spoolBytes }),
    });
    return { ...sender.sinks, showsBodies: true };
  };
}
