import type { DescribeMessage } from "../../analysis/content/grpc-payloads.ts";
import { Ledger, MemoryBudget, TaplineError } from "../../model/index.ts";
import { type Output, openOutput } from "../../sink/capture-file/output-file.ts";
import type { OutputFormat } from "../../sink/terminal/exchange-output.ts";
import { GatheredOutput } from "../../sink/terminal/gathered-output.ts";
import { createStyle, wantsColour } from "../../sink/terminal/style.ts";
import type { Input } from "../../source/capture-file/index.ts";
import { KeyLogFile } from "../../source/capture-file/key-log-file.ts";
import { readInput } from "../../source/capture-file/read-input.ts";
import type { FormatFamily } from "../../wire/formats.ts";
import { KeyLog } from "../../wire/tls/key-log.ts";
import { errorLine } from "../error-line.ts";
import { boundHeap } from "./bound-heap.ts";
import { createView, type View } from "./create-view.ts";
import { createWriting, Spool, type Writing } from "./create-writing.ts";
import { parseLimits, type ReadFlags } from "./read-flags.ts";

/**
 * Reads all files, shows or writes what is wanted of them, and prints the balance; sets the exit code.
 * @param stdin the standard input, where it was opened already
 */
export async function runRead(files: readonly string[], flags: ReadFlags, stdin?: Input): Promise<void> {
  boundHeap();
  const ledger = new Ledger();
  const stop = new AbortController();
  const describeMessage = await loadDescriber(flags);
  const interrupted = handleInterrupt(stop);
  const problems: TaplineError[] = [];
  const { view, out, writing, file, keyLog, keyLogFile, limits } = prepare(files, flags, ledger, stop, describeMessage);
  const reassemblyBudget = () => new MemoryBudget(reassemblyShare(flags));
  const spool = writing !== undefined && files.includes("-") ? new Spool() : undefined;
  try {
    view.begin();
    for (const path of files) {
      if (stop.signal.aborted) break;
      await readInput(path, {
        observer: view.observer,
        exchange: view.exchange,
        flow: view.flow,
        tlsSecrets: (text) => {
          keyLog.push(new TextDecoder().decode(text));
          keyLog.end();
        },
        // Behind what was asked for nothing is wrong: a record that -c or ^C cuts is whole in the file.
        problem: (problem) => void (stop.signal.aborted || problems.push(problem)),
        drain: async () => {
          keyLogFile?.poll();
          await out.flush();
        },
        reassemblyLimits: limits.reassembly,
        signal: stop.signal,
        ledger,
        budget: reassemblyBudget(),
        ...(spool === undefined ? {} : { spool: spool.write }),
        ...(stdin === undefined ? {} : { stdin }),
        ...(writing === undefined ? {} : { format: (format) => refuseOther(format, writing) }),
      });
      view.finishInput();
      await out.flush();
      await writing?.finishInput(path === "-" ? spool!.path : path, {
        reassemblyLimits: limits.reassembly,
        newLedger: () => new Ledger(),
        newBudget: reassemblyBudget,
      });
    }
    view.end();
    await out.flush();
    await writing?.finish();
    await file?.finish();
  } catch (error) {
    writing?.abandon();
    file?.abandon();
    // What was shown before it went wrong is shown.
    await out.flush().catch(() => {});
    throw error;
  } finally {
    keyLogFile?.close();
    spool?.remove();
  }
  report(problems, ledger, view, flags);
  process.exitCode = exitCode(problems, ledger, view, flags, interrupted());
}

/**
 * What the reassembly has of the memory. It is not shared, because a file that is read twice (`-w`) has to come apart in the same way
 * without the analysis.
 */
function reassemblyShare(flags: ReadFlags): number {
  return (flags.memory * 1024 * 1024) / 3;
}

function prepare(
  files: readonly string[],
  flags: ReadFlags,
  ledger: Ledger,
  stop: AbortController,
  describeMessage: DescribeMessage | undefined,
) {
  const keyLog = new KeyLog();
  const limits = parseLimits(flags.limit);
  const keyLogFile = flags.keylog === undefined ? undefined : new KeyLogFile(flags.keylog, keyLog);
  const target = flags.write === undefined ? undefined : createWriting(flags.write, flags, ledger);
  const writing: Writing | undefined = target !== undefined && "writing" in target ? target.writing : undefined;
  const file: Output | undefined = target !== undefined && "exchanges" in target ? openOutput(flags.write!) : undefined;
  const out = chooseOutput(flags, writing, file);
  try {
    const view = createView(
      target !== undefined && "exchanges" in target
        ? { ...flags, output: target.exchanges.name as OutputFormat }
        : flags,
      {
        ledger,
        budget: new MemoryBudget(flags.memory * 1024 * 1024 - reassemblyShare(flags)),
        limits: limits.analysis,
        keyLog,
        // Blocks with secrets may stand anywhere in a capture, and a key log may grow.
        secretsMayCome: keyLogFile !== undefined || files.length > 0,
        out,
        style: createStyle(file === undefined && wantsColour(process.stdout, process.env, flags.color)),
        enough: () => stop.abort(),
        ...(describeMessage === undefined ? {} : { describeMessage }),
        ...(writing === undefined ? {} : { matched: (exchange) => writing.matched(exchange) }),
      },
    );
    return { view, out, writing, file, keyLog, keyLogFile, limits };
  } catch (error) {
    writing?.abandon();
    file?.abandon();
    throw error;
  }
}

/** With `-w` nothing is printed, unless `-P` asks for it; a file of exchanges is written instead of printed. */
function chooseOutput(flags: ReadFlags, writing: Writing | undefined, file: Output | undefined): GatheredOutput {
  if (file !== undefined) {
    if (flags.print === true)
      throw new TaplineError("usage", "-P prints while packets or traces are written; exchanges go to one place");
    return new GatheredOutput((bytes) => file.write(bytes));
  }
  return writing === undefined || flags.print === true
    ? GatheredOutput.to(process.stdout)
    : new GatheredOutput(async () => {});
}

function refuseOther(format: FormatFamily, { takes, name }: Writing): void {
  if (takes.includes(format)) return;
  const hasPackets = format === "pcap" || format === "pcapng" || format === "envoy";
  const wanted = takes.includes("pcap") ? "captures and Envoy traces" : "Envoy traces";
  throw new TaplineError("usage", `cannot convert ${format} to ${name}: only ${wanted} can be`, {
    hint: `write ${hasPackets ? "pcap, pcapng, " : ""}har or ndjson`,
  });
}

/** The protobuf runtime is loaded only when it is asked for. */
async function loadDescriber({ proto, protoPath }: ReadFlags): Promise<DescribeMessage | undefined> {
  if (proto.length === 0) return undefined;
  const [{ GrpcPayloadDecoder }, { loadDescriptorSets }, { describeGrpcMessages }, { decodeContent }] =
    await Promise.all([
      import("../../wire/grpc/payload-decoder.ts"),
      import("../../source/proto-files/load-descriptor-sets.ts"),
      import("../../analysis/content/grpc-payloads.ts"),
      import("../../analysis/content/node-content-decoder.ts"),
    ]);
  return describeGrpcMessages(new GrpcPayloadDecoder(loadDescriptorSets(proto, protoPath)), decodeContent);
}

/** ^C ends the reading as if the input ended there; a second one ends the process. Gives whether there was one. */
function handleInterrupt(stop: AbortController): () => boolean {
  let interrupted = false;
  process.once("SIGINT", () => {
    interrupted = true;
    stop.abort();
  });
  process.once("SIGTERM", () => stop.abort());
  return () => interrupted;
}

/** Problems that are told one by one. */
const MAX_PROBLEMS = 20;

function report(problems: readonly TaplineError[], ledger: Ledger, view: View, flags: ReadFlags): void {
  const lines = problems.slice(0, MAX_PROBLEMS).map((problem) => `tapline: ${errorLine(problem)}`);
  if (problems.length > MAX_PROBLEMS) lines.push(`tapline: ${problems.length - MAX_PROBLEMS} problems more`);
  if (flags.quiet !== true || !ledger.balanced) {
    lines.push(`${view.seen} ${view.seen === 1 ? view.unit : `${view.unit}s`}, ${view.shown} shown`);
    lines.push(...ledger.format());
  }
  if (lines.length > 0) process.stderr.write(`${lines.join("\n")}\n`);
}

function exitCode(
  problems: readonly TaplineError[],
  ledger: Ledger,
  view: View,
  flags: ReadFlags,
  interrupted: boolean,
): number {
  if (interrupted) return 130;
  if (!ledger.balanced) return 4;
  if (problems.length > 0) return 1;
  return flags.failEmpty === true && view.shown === 0 ? 3 : 0;
}
