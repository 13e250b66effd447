import { type Command, Option } from "commander";
import { Ledger, type LedgerBook, TaplineError } from "../model/index.ts";
import { type Output, openOutput } from "../sink/capture-file/output-file.ts";
import { refuseExisting, refuseInputs } from "../sink/capture-file/refuse-inputs.ts";
import { createPacketTarget, createTraceTarget, type TraceTarget } from "../sink/capture-file/trace-target.ts";
import { readEnvoyTrace } from "../source/capture-file/envoy-trace.ts";
import { type Input, openInput, peekFile } from "../source/capture-file/input.ts";
import { listFiles } from "../source/capture-file/list-files.ts";
import { detectFormat } from "../wire/detect-format.ts";
import { type ConnectionLayout, tellsSomething } from "../wire/envoy/index.ts";
import type { PacketRow, TraceRow, WritableFormat } from "../wire/format.ts";
import { HEAD_BYTES } from "../wire/head-bytes.ts";
import { chooseFormat, describeFormats } from "./flags/choose-format.ts";
import { namedFiles } from "./flags/named-files.ts";
import { parseSize } from "./flags/option-values.ts";
import { defineRedactFlags, type RedactFlags } from "./flags/redact-flags.ts";
import { LastWords } from "./last-words.ts";
import { errorLine } from "./process/error-line.ts";
import { startProgress } from "./process/progress.ts";
import { type Stopping, stopOnSignals } from "./process/signals.ts";

export interface ConvertOptions extends RedactFlags {
  readonly format?: string;
  readonly handshake?: boolean;
  readonly mss?: number;
  readonly nanoseconds?: boolean;
  readonly layout?: ConnectionLayout;
  readonly maxMessage?: number;
  readonly verbose?: boolean;
  readonly keylog?: string;
  /** Replaces an output that exists; never an input. */
  readonly force?: boolean;
  /** Packets: what is missing leaves no hole, as under the names of Envoy's tools. */
  readonly seamless?: boolean;
}

export function define(command: Command): void {
  command
    .argument(
      "<files...>",
      "traces, captures, HAR or NDJSON, or folders of them, and last where the result goes; - is standard input or output",
    )
    .usage("[options] IN… OUT")
    .option("-o, --format <format>", `what to write; default: as OUT's extension says\n${describeFormats()}`)
    .option("--handshake", "packets: add SYN and FIN, and split events into segments, so that streams can be followed")
    .option("--mss <bytes>", "packets: the longest segment (default 1460, IPv6 1440, with --handshake)", parseSize)
    .option("--nanoseconds", "packets: keep times exact without --handshake too (tap2pcap cuts them to microseconds)")
    .addOption(
      new Option("--layout <version>", "traces: Connection as Envoy from 1.28 on has it, or as before that").choices([
        "new",
        "old",
      ]),
    )
    .option("--keylog <file>", "TLS secrets: captures are decrypted with them, and a pcapng gets them")
    .option("--max-message <bytes>", "the longest message or event to take in (default 268435456)", parseSize)
    .option("--force", "replace OUT where it exists")
    .option("-v, --verbose", "print the whole ledger, not only what was lost")
    .addHelpText("after", EXAMPLES)
    .action((files: string[], options: ConvertOptions) => convert(files, options));
  defineRedactFlags(command, "HAR and NDJSON: write credentials too");
}

/** The commands that Envoy's tools were called with: a trace, and the pcap to make of it. */
export function defineAs(name: "tap2pcap" | "capture2pcap"): (command: Command) => void {
  return (command) => {
    command
      .argument("[files...]")
      .usage("IN OUT.pcap")
      .action(async (files: string[]) => {
        if (files.length === 2) return convert(files, { format: "pcap", force: true, seamless: true });
        process.stderr.write(`Usage: ${name} <in .pb|.pb_text> <out.pcap>\n`);
        process.exitCode = 1;
      });
  };
}

const EXAMPLES = `
Examples:
  tapline convert trace_7.pb trace.pcap               packets, one an event
  tapline convert --handshake taps/*.pb all.pcapng    streams that Wireshark can follow, gaps as comments
  tapline convert trace.pb_length_delimited -o json - | jq .
  tapline convert capture.pcap session.har            the exchanges of any file
  tapline convert --keylog keys.log a.pcap b.pcapng   the packets, with what is known of them and the secrets
`;

const MERGE_WARNING =
  "tapline: several messages without framing: tapline tells them apart, but protobuf merges them into one; -o pb-delimited keeps them apart\n";

async function convert(files: readonly string[], options: ConvertOptions): Promise<void> {
  const inputs = listFiles(files.slice(0, -1));
  const path = files.at(-1)!;
  if (inputs.length === 0)
    throw new TaplineError("usage", "expected one input at least, and an output", { hint: "tapline convert IN… OUT" });
  if (inputs.filter((input) => input === "-").length > 1)
    throw new TaplineError("usage", "the standard input can be read once only");
  const format = chooseFormat(options.format, path, "-o");
  refuseInputs(path, [...inputs, ...namedFiles(options)]);
  if (options.force !== true) refuseExisting(path);
  const { isOfTraces, size, opened } = await lookAt(inputs);
  if (!isOfTraces || options.keylog !== undefined || format.kind === "exchanges")
    return convertExchanges(inputs, opened, path, format, options);
  const ledger = new Ledger();
  const target = createTarget(ledger, format, options);
  const stopping = stopOnSignals();
  const words = new LastWords({ ledger, books: options.verbose === true ? "all" : "lossy" });
  const output = openOutput(path);
  try {
    const records = await convertAll(inputs, target, output, {
      opened,
      size,
      ledger,
      words,
      stopping,
      maxMessage: options.maxMessage,
    });
    if (format.kind === "traces") tellRefusals(ledger.book("messages"), words);
    const written = format.kind === "packets" ? records : Math.min(records, ledger.book("messages").handled);
    // Nothing half-written stays behind.
    const isGivenUp = stopping.by !== undefined;
    if (isGivenUp || (words.problems > 0 && written === 0)) output.abandon();
    else await output.finish();
    if (isGivenUp) {
      words.note(`stopped before it was whole: ${path} is not written`);
      words.endWith(stopping.by === "SIGINT" ? "interrupted" : "failed");
    }
    if (format.name === "pb" && ledger.book("messages").handled > 1) process.stderr.write(MERGE_WARNING);
  } catch (error) {
    output.abandon();
    throw error;
  } finally {
    stopping.release();
  }
  process.exitCode = words.finish();
}

/**
 * Whether all inputs are traces, which become packets and traces one record at a time; everything else goes the way of `tapline read`. What can be read
 * once only stays open; of the rest one is open at a time, since there may be more than a process may open.
 */
async function lookAt(inputs: readonly string[]) {
  const opened = new Map<string, Input>();
  let isOfTraces = true;
  let size: number | undefined = 0;
  for (const path of inputs) {
    let file = peekFile(path);
    if (file === undefined) {
      const input = await openInput(path, { headBytes: HEAD_BYTES });
      opened.set(path, input);
      file = input;
    }
    const found = detectFormat(file.head, file.head.length < HEAD_BYTES);
    isOfTraces &&= typeof found !== "string" || found === "envoy";
    size = size === undefined || file.size === undefined ? undefined : size + file.size;
  }
  return { isOfTraces, size, opened };
}

async function convertExchanges(
  inputs: readonly string[],
  opened: ReadonlyMap<string, Input>,
  path: string,
  { name }: WritableFormat,
  options: ConvertOptions,
): Promise<void> {
  const { handshake, mss, nanoseconds, layout, maxMessage, keylog, verbose } = options;
  const { redact, redactNames, redactHeaders, redactExcept, redactPii, redactKey } = options;
  if (handshake ?? mss ?? nanoseconds ?? layout ?? maxMessage)
    throw new TaplineError(
      "usage",
      "--handshake, --mss, --nanoseconds, --layout and --max-message are about traces only",
    );
  const { DEFAULT_READ_FLAGS } = await import("./read/read-flags.ts");
  const { runRead } = await import("./read/run-read.ts");
  const flags = {
    ...DEFAULT_READ_FLAGS,
    write: path,
    writeFormat: name,
    redact: redact !== false,
    ...(redactNames && { redactNames }),
    ...(redactHeaders && { redactHeaders }),
    ...(redactExcept && { redactExcept }),
    ...(redactPii !== undefined && { redactPii }),
    ...(redactKey !== undefined && { redactKey }),
    ...(verbose === true ? {} : { quiet: true as const }),
    ...(keylog === undefined ? {} : { keylog }),
  };
  await runRead(inputs, flags, opened);
}

/** Says what could be read, but not be written in the format that was asked for. */
function tellRefusals({ droppedBy }: LedgerBook, words: LastWords): void {
  for (const [reason, count] of droppedBy)
    words.problem(
      reason === "too-large"
        ? new TaplineError("limit", `${count} messages are too large to be written as one`, {
            hint: "raise --max-message, or write packets",
          })
        : new TaplineError(
            "output",
            `${count} messages are no buffered socket traces, and a capture holds nothing else`,
            { hint: "use another format" },
          ),
    );
}

interface Conversion {
  /** Those that are open already, by their path. */
  readonly opened: ReadonlyMap<string, Input>;
  /** Bytes in all, where that is known. */
  readonly size: number | undefined;
  readonly ledger: Ledger;
  readonly words: LastWords;
  readonly stopping: Stopping;
  readonly maxMessage: number | undefined;
}

/** Converts one input after the other, until it is told to stop; gives how many records they had. */
async function convertAll(
  inputs: readonly string[],
  target: TraceTarget,
  output: Output,
  { opened, size, ledger, words, stopping, maxMessage }: Conversion,
): Promise<number> {
  let records = 0;
  const progress = startProgress(size);
  const flush = async () => {
    for (const chunk of target.take()) await output.write(chunk);
  };
  let before = 0;
  for (const path of inputs) {
    if (stopping.by !== undefined) break;
    const source = opened.get(path) ?? (await openInput(path, { headBytes: HEAD_BYTES }));
    target.beginInput(source);
    let readHere = 0;
    const problem = await readEnvoyTrace(source, {
      onRecord: (record) => {
        if (tellsSomething(record)) records++;
        target.write(record);
      },
      onChunk: async (read) => {
        readHere = read;
        progress.update(before + read);
        if (records > 0) await flush();
      },
      signal: stopping.signal,
      note: (note) => words.note(errorLine(note)),
      bytes: ledger.book("bytes"),
      fields: ledger.book("fields"),
      ...(maxMessage === undefined ? {} : { limits: { maxMessageBytes: maxMessage } }),
    });
    await source.close();
    before += readHere;
    target.endInput();
    // Where it was stopped, a message that is not whole is whole in the input.
    if (problem !== undefined && stopping.by === undefined) {
      progress.end();
      words.problem(problem);
    }
  }
  if (words.problems === 0 || records > 0) await flush();
  progress.end();
  return records;
}

function createTarget(ledger: Ledger, format: PacketRow | TraceRow, options: ConvertOptions): TraceTarget {
  const { handshake, mss, nanoseconds, layout, maxMessage, seamless } = options;
  if (format.kind === "packets") {
    if (layout !== undefined)
      throw new TaplineError("usage", `--layout is about traces, and ${format.name} has packets`);
    return createPacketTarget(ledger, format, {
      handshake: handshake === true,
      nanoseconds: nanoseconds === true || handshake === true,
      seamless: seamless === true,
      ...(mss === undefined ? {} : { maxSegment: mss }),
    });
  }
  if (handshake === true || mss !== undefined || nanoseconds === true)
    throw new TaplineError("usage", `--handshake, --mss and --nanoseconds are about packets: ${format.name} has none`);
  return createTraceTarget(ledger, format, {
    ...(layout === undefined ? {} : { layout }),
    ...(maxMessage === undefined ? {} : { maxMessageBytes: maxMessage }),
  });
}
