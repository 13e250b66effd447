import type { Command } from "commander";
import type { PipelineOutput } from "../../analysis/pipeline/flow-pipeline.ts";
import { type Ledger, type MemoryBudget, TaplineError } from "../../model/index.ts";
import type { SendTls } from "../../sink/send/send-tls.ts";
import { readWholeFile } from "../../source/whole-file.ts";
import { parseSize } from "./option-values.ts";

/** The flags' values, as they were written. */
export interface SendFlags {
  /** A collector: `grpc://HOST:PORT`. */
  send?: string;
  spool?: string;
  spoolBytes?: number;
  sendCa?: string;
  sendCert?: string;
  sendKey?: string;
}

export function defineSendFlags(command: Command): void {
  command
    .option("--send <url>", "hand what matches to a collector: grpc://127.0.0.1:11800 (TAPLINE_INGEST_TOKEN)")
    .option("--send-ca <file>", "whom to trust, for grpcs: PEM")
    .option("--send-cert <file>", "a client certificate, for grpcs: PEM")
    .option("--send-key <file>", "its key: PEM")
    .option("--spool <folder>", "with --send: what is not acknowledged lies there, and the next run goes on with it")
    .option("--spool-bytes <size>", "how much at most: 10G (default: 1G)", parseSize);
}

/** The process that sends. */
export interface SendEnvironment {
  readonly ledger: Ledger;
  readonly budget: MemoryBudget;
  /** Whether the source can wait for the collector. */
  readonly mode: "live" | "lossless";
}

export interface SendOutput extends PipelineOutput {
  /** When everything is closed: what is wrong where something of what was to be sent is lost. */
  readonly findLoss: () => TaplineError | undefined;
}

/** Makes the output for a process. @throws TaplineError (`usage`, `output`) */
export type Sending = (environment: SendEnvironment) => SendOutput;

/**
 * Hands exchanges and flows to a collector: what is not acknowledged may take a quarter of the memory, and the spool. Undefined where none is
 * named. The output is closed with the pipeline. @throws TaplineError (`usage`)
 */
export async function loadSending(
  flags: SendFlags,
  tell: (text: string) => void = (text) => void process.stderr.write(`tapline: ${text}\n`),
): Promise<Sending | undefined> {
  const { send, spool, spoolBytes, sendCa, sendCert, sendKey } = flags;
  if (send === undefined) {
    if ((spool ?? spoolBytes) !== undefined)
      throw new TaplineError("usage", "--spool is for --send, and --send is not there");
    if ((sendCa ?? sendCert ?? sendKey) !== undefined)
      throw new TaplineError("usage", "the --send- flags say how to send, and --send is not there");
    return undefined;
  }
  const tls = readTls(flags);
  const { CollectorSender } = await import("../../sink/send/collector-sender.ts");
  return ({ ledger, budget, mode }) => {
    const sender = new CollectorSender({
      url: send,
      ...(tls && { tls }),
      token: process.env["TAPLINE_INGEST_TOKEN"] || undefined,
      ledger,
      budget: budget.child(Math.floor(budget.limit / 4)),
      mode,
      tell,
      spool,
      ...(spoolBytes !== undefined && { spoolBytes }),
    });
    return {
      ...sender.sinks,
      showsBodies: true,
      findLoss: () => {
        const { dropped } = ledger.book("sent");
        if (dropped === 0) return undefined;
        return new TaplineError("connection", `${dropped} that were to be sent to ${send} are lost`, {
          hint: "is the collector there, and does it keep up? --spool keeps what it does not take",
        });
      },
    };
  };
}

function readTls({ send, sendCa, sendCert, sendKey }: SendFlags): SendTls | undefined {
  if ((sendCa ?? sendCert ?? sendKey) === undefined) return undefined;
  if ((sendCert === undefined) !== (sendKey === undefined))
    throw new TaplineError("usage", "--send-cert and --send-key go together");
  if (send?.startsWith("grpcs:") !== true)
    throw new TaplineError("usage", "--send-ca and --send-cert are for grpcs://");
  return {
    ...(sendCa !== undefined && { authority: readWholeFile(sendCa) }),
    ...(sendCert !== undefined && { certificate: readWholeFile(sendCert) }),
    ...(sendKey !== undefined && { key: readWholeFile(sendKey) }),
  };
}
