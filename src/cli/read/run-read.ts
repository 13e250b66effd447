import { setImmediate as nextTurn } from "node:timers/promises";
import type { DescribeMessage } from "../../analysis/content/grpc-payloads.ts";
import { Ledger, MemoryBudget, TaplineError } from "../../model/index.ts";
import type { MatchedFile } from "../../sink/capture-file/matched-file.ts";
import { type Output, openOutput } from "../../sink/capture-file/output-file.ts";
import { refuseInputs } from "../../sink/capture-file/refuse-inputs.ts";
import { GatheredOutput } from "../../sink/terminal/gathered-output.ts";
import { createStyle, wantsColour } from "../../sink/terminal/style.ts";
import { groupCaptures } from "../../source/capture-file/group-captures.ts";
import { type Input, isPipe, listFiles } from "../../source/capture-file/index.ts";
import { KeyLogFile } from "../../source/capture-file/key-log-file.ts";
import { readInput } from "../../source/capture-file/read-input.ts";
import { Spool } from "../../source/capture-file/spool.ts";
import { KeyLog } from "../../wire/tls/key-log.ts";
import { type KeepFlags, type Keeping, loadKeeping } from "../flags/keep-flags.ts";
import { readZone } from "../flags/moment-flag.ts";
import { namedFiles } from "../flags/named-files.ts";
import { createPublishing, type PublishFlags, type Publishing, withPublishedBodies } from "../flags/publish-flags.ts";
import { loadSending, type Sending } from "../flags/send-flags.ts";
import { LastWords } from "../last-words.ts";
import { errorLine } from "../process/error-line.ts";
import { type Stopping, stopOnSignals } from "../process/signals.ts";
import { boundHeap } from "./bound-heap.ts";
import { type CreatePipelineOptions, createPipeline } from "./create-pipeline.ts";
import { createWriting, refuseOther } from "./create-writing.ts";
import { loadFilterLanguage } from "./filter-language.ts";
import type { ReadFlags } from "./read-flags.ts";
import { parseLimits } from "./read-limits.ts";
import { readSelection } from "./read-selection.ts";
import { noteEvicted, noteUndecrypted } from "./reading-notes.ts";
import { refuseUnprinted } from "./refuse-unprinted.ts";

/**
 * Reads all files, shows or writes what is wanted of them, and prints the balance; sets the exit code.
 * @param given files, or folders of them
 * @param pipes those that were opened already, by their path, or how they are: where flags are wrong, they are not
 */
export async function runRead(
  given: readonly string[],
  flags: ReadFlags & PublishFlags & KeepFlags,
  pipes?: ReadonlyMap<string, Input | (() => Promise<Input>)>,
): Promise<void> {
  boundHeap();
  const files = listFiles(given);
  if (flags.write !== undefined) refuseInputs(flags.write, inputsOf(files, flags));
  refuseInputs("-", inputsOf(files, flags));
  const describeMessage = await loadDescriber(flags);
  const language = await loadFilterLanguage(flags);
  const ledger = new Ledger();
  const keeping = await loadKeeping(flags);
  const budget = new MemoryBudget(flags.memory * 1024 * 1024 - reassemblyShare(flags) + (keeping?.bytes ?? 0));
  const publishing = await createPublishing(flags, { ledger, budget, mode: "lossless" });
  const send = await loadSending(flags);
  // Who writes to a pipe gets the signal too, and ends it. What this process itself brings ends with it.
  const stopping = stopOnSignals({ lingers: files.some((file) => isPipe(file) && pipes?.has(file) !== true) });
  const environment = { ledger, budget, stopping, describeMessage, language, publishing, send, keeping };
  const reading = prepare(files, flags, environment);
  const { pipeline, out, writing, file, words } = reading;
  try {
    const opened = pipes && (await openAll(pipes));
    for (const paths of groupCaptures(files)) {
      if (stopping.by !== undefined || stopping.signal.aborted) break;
      await readFiles(paths, flags, reading, opened);
    }
    await pipeline.close(Number.POSITIVE_INFINITY);
    if (reading.refusal !== undefined) throw reading.refusal;
    await writing?.close(Number.POSITIVE_INFINITY);
    await file?.finish();
    publishing?.finish();
    // A stdout that cannot be written ends the process in this turn: nothing is said of exchanges as if they were shown.
    await out?.flush().then(() => nextTurn());
  } catch (error) {
    writing?.abandon();
    file?.abandon();
    // Exchanges shown before the failure stay shown.
    await out?.flush().catch(() => {});
    throw error;
  } finally {
    stopping.release();
    reading.keyLogFile?.close();
    reading.selection.sorting?.sorter.close();
  }
  const notes = [noteEvicted(reading.evicted), noteUndecrypted(reading.ledger, reading.keyLog, flags.keylog)];
  if (flags.quiet !== true) for (const note of notes) if (note !== undefined) words.note(note);
  const lost = reading.sender?.findLoss();
  if (lost !== undefined) words.problem(lost);
  if (stopping.by === "SIGINT") words.endWith("interrupted");
  else if (flags.follow !== undefined && pipeline.shown === 0) words.problem(nothingToFollow(flags.follow));
  if (flags.failEmpty === true && pipeline.shown === 0) words.endWith("nothingMatched");
  process.exitCode = words.finish(pipeline);
}

async function openAll(pipes: ReadonlyMap<string, Input | (() => Promise<Input>)>): Promise<Map<string, Input>> {
  const opened = new Map<string, Input>();
  for (const [path, pipe] of pipes) opened.set(path, typeof pipe === "function" ? await pipe() : pipe);
  return opened;
}

function nothingToFollow(target: string): TaplineError {
  return new TaplineError("input", `-z ${target}: no such connection has anything to show`, {
    hint: "-v and --events show the numbers of connections",
  });
}

async function readFiles(
  paths: readonly string[],
  flags: ReadFlags,
  reading: Reading,
  pipes: ReadonlyMap<string, Input> | undefined,
): Promise<void> {
  // A pipe cannot be read twice.
  const spool = reading.writing !== undefined && isPipe(paths[0]!) ? new Spool() : undefined;
  try {
    await readSpooled(paths, flags, reading, spool, pipes);
  } finally {
    spool?.remove();
  }
}

async function readSpooled(
  paths: readonly string[],
  flags: ReadFlags,
  reading: Reading,
  spool: Spool | undefined,
  pipes: ReadonlyMap<string, Input> | undefined,
): Promise<void> {
  const { pipeline, writing, words, stopping, keyLog, keyLogFile, limits, ledger } = reading;
  const { signal } = stopping;
  const newReassemblyBudget = () => new MemoryBudget(reassemblyShare(flags));
  await readInput(paths, {
    observer: pipeline,
    exchange: (exchange) => pipeline.exchange(exchange),
    flow: (event) => pipeline.flow(event),
    tlsSecrets: (text) => {
      keyLog.push(new TextDecoder().decode(text));
      keyLog.end();
    },
    // Behind what was asked for nothing is wrong: a record that -c or ^C cuts is whole in the file.
    problem: (problem) => void (stopping.by !== undefined || signal.aborted || words.problem(problem)),
    note: (note) => void (flags.quiet !== true && words.note(errorLine(note))),
    ...(writing?.fragments === undefined ? {} : { fragments: (...told) => writing.fragments?.(...told) }),
    drain: () => {
      stopping.active();
      keyLogFile?.poll();
      return pipeline.flush();
    },
    isFull: () => pipeline.isFull === true,
    reassemblyLimits: limits.reassembly,
    evicted: (connections) => {
      reading.evicted += connections;
    },
    signal,
    ledger,
    budget: newReassemblyBudget(),
    ...(spool === undefined ? {} : { spool: spool.write }),
    ...(pipes === undefined ? {} : { pipes }),
    ...(writing === undefined ? {} : { format: (format) => refuseOther(format, writing) }),
  });
  pipeline.finishInput();
  await pipeline.flush();
  await writing?.finishInput(spool === undefined ? paths : [spool.path], {
    reassemblyLimits: limits.reassembly,
    problem: (problem) => words.problem(problem),
    note: (problem) => void (flags.quiet !== true && words.note(errorLine(problem))),
    newLedger: () => new Ledger(),
    newBudget: newReassemblyBudget,
  });
}

/** Every file that is read: an output must be none of them. */
export function inputsOf(files: readonly string[], flags: ReadFlags): string[] {
  return [...files, ...namedFiles(flags)];
}

/**
 * Share of the memory that the reassembly has. It is not shared, because a file that is read twice (`-w`) has to come apart in the same way
 * without the analysis.
 */
function reassemblyShare(flags: ReadFlags): number {
  return (flags.memory * 1024 * 1024) / 3;
}

type Reading = ReturnType<typeof prepare>;

interface ReadingEnvironment extends Pick<CreatePipelineOptions, "ledger" | "budget" | "describeMessage" | "language"> {
  readonly stopping: Stopping;
  readonly publishing: Publishing | undefined;
  readonly send: Sending | undefined;
  readonly keeping: Keeping | undefined;
}

function prepare(
  files: readonly string[],
  flags: ReadFlags,
  { ledger, budget, stopping, describeMessage, language, publishing, send, keeping }: ReadingEnvironment,
) {
  const keyLog = new KeyLog();
  const limits = withPublishedBodies(parseLimits(flags.limit), publishing);
  const keyLogFile = flags.keylog === undefined ? undefined : new KeyLogFile(flags.keylog, keyLog);
  const target = flags.write === undefined ? undefined : createWriting(flags.write, flags, ledger);
  refuseUnprinted(flags, { ...target, isKept: (send ?? publishing ?? keeping) !== undefined });
  const writing: MatchedFile | undefined = target !== undefined && "writing" in target ? target.writing : undefined;
  const file: Output | undefined = target !== undefined && "exchanges" in target ? openOutput(flags.write!) : undefined;
  const out = chooseOutput(flags, writing, file);
  const sender = send?.({ ledger, budget, mode: "lossless" });
  const clock = readZone(flags.tz);
  const selection = readSelection(flags, clock, budget);
  const reading = {
    ledger,
    out,
    writing,
    file,
    sender,
    keyLog,
    keyLogFile,
    limits,
    stopping,
    selection,
    words: new LastWords({ ledger, quiet: flags.quiet, budgets: [budget] }),
    /** Connections that made room for others. */
    evicted: 0,
    /** Why what was asked for cannot be shown. */
    refusal: undefined as TaplineError | undefined,
  };
  try {
    const pipeline = createPipeline(
      target !== undefined && "exchanges" in target ? { ...flags, output: target.exchanges.name } : flags,
      {
        ledger,
        budget,
        limits: limits.analysis,
        keyLog,
        // Blocks with secrets may stand anywhere in a capture, and a key log may grow.
        secretsMayCome: keyLogFile !== undefined || files.length > 0,
        out,
        style: createStyle(file === undefined && wantsColour(process.stdout, process.env, flags.color)),
        enough: () => stopping.stop(),
        refuse: (error) => {
          reading.refusal = error;
          stopping.stop();
        },
        describeMessage,
        language,
        clock,
        selection,
        outputs: [
          ...(writing === undefined ? [] : [{ exchanges: writing }]),
          ...(sender === undefined ? [] : [sender]),
          ...(publishing === undefined ? [] : [publishing.output]),
          ...(keeping === undefined ? [] : [keeping.createOutput({ ledger, budget })]),
        ],
      },
    );
    return Object.assign(reading, { pipeline });
  } catch (error) {
    writing?.abandon();
    file?.abandon();
    throw error;
  }
}

/** With `-w` or `--send` nothing is printed, unless `-P` asks for it; a file of exchanges is written instead of printed. */
function chooseOutput(
  flags: ReadFlags,
  writing: MatchedFile | undefined,
  file: Output | undefined,
): GatheredOutput | undefined {
  if (file !== undefined) {
    if (flags.print === true)
      throw new TaplineError("usage", "-P prints while packets or traces are written; exchanges go to one place");
    return new GatheredOutput((bytes) => file.write(bytes));
  }
  const isAlone = writing === undefined && flags.send === undefined;
  if (isAlone && flags.print === true)
    throw new TaplineError("usage", "-P prints what -w or --send takes, and there is neither", {
      hint: "leave out -P: what is read is printed",
    });
  return isAlone || flags.print === true ? GatheredOutput.to(process.stdout) : undefined;
}

/** The protobuf runtime is loaded only when it is asked for. */
async function loadDescriber({ proto, protoPath }: ReadFlags): Promise<DescribeMessage | undefined> {
  if (proto.length === 0 && protoPath.length > 0)
    throw new TaplineError("usage", "--proto-path says where imports of --proto are, and --proto is not there");
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
