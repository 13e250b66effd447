import {
  DEFAULT_MEMORY_BUDGET,
  Ledger,
  type LedgerReason,
  MemoryBudget,
  TaplineError,
  timestampFromMillis,
} from "../../model/index.ts";
import { refuseInputs } from "../../sink/capture-file/refuse-inputs.ts";
import { HELD } from "../../sink/flow/event-window.ts";
import { reasonOf } from "../../sink/flow/monitor-output.ts";
import { PayloadRecorder } from "../../sink/flow/payload-recorder.ts";
import { BatchWriter } from "../../sink/terminal/batch-writer.ts";
import { isPipe, openInput } from "../../source/capture-file/input.ts";
import {
  DEFAULT_AGENT_SOCKET,
  getFromAgent,
  readAgentNames,
  readEndpointIds,
} from "../../source/cilium-monitor/agent-api.ts";
import { createLinkNames } from "../../source/cilium-monitor/link-names.ts";
import { MonitorReader } from "../../source/cilium-monitor/monitor-reader.ts";
import { addNames, type NameTable, readNamesFile } from "../../source/cilium-monitor/name-table.ts";
import {
  type BorrowedPayload,
  type Dialect,
  type EventFilter,
  EventSample,
  type FlowOrigin,
  INFO,
  MessageTypeDebug,
  MessageTypeTraceSock,
} from "../../wire/cilium/index.ts";
import { namedFiles } from "../flags/named-files.ts";
import { loadSending } from "../flags/send-flags.ts";
import { LastWords } from "../last-words.ts";
import { stopOnSignals } from "../process/signals.ts";
import { CompatExit, wrongUsage } from "./compat-usage.ts";
import { createOutput } from "./create-output.ts";
import { EventLedger } from "./event-ledger.ts";
import { asksForNames } from "./flow-flags.ts";
import { compatDialectOf, eventFilterOf, type MonitorFlags, refuseWithCompat, verbosityOf } from "./monitor-flags.ts";
import { MonitorMessages } from "./monitor-messages.ts";
import { type WatchOptions, watchSockets } from "./watch-sockets.ts";

/** Reads recordings, or watches sockets until it is interrupted. */
export async function runMonitor(extra: readonly string[], flags: MonitorFlags): Promise<void> {
  try {
    await run(extra, flags);
  } catch (error) {
    if (!(error instanceof CompatExit)) throw error;
    process.stdout.write(error.output);
    process.stderr.write(error.errors);
    process.exitCode = error.exitCode;
  }
}

async function run(extra: readonly string[], flags: MonitorFlags): Promise<void> {
  if (extra.length > 0) {
    if (flags.compat === true) throw refuseArguments(extra[0]!, compatDialectOf(flags));
    throw new TaplineError("usage", `unexpected argument '${extra[0]}'`, { hint: "recordings are given with --input" });
  }
  const inputs = flags.input.flatMap((input) => [input, input.replace(/^[^/=]+=/, "")]);
  if (flags.record !== undefined) refuseInputs(flags.record, [...inputs, ...namedFiles(flags)]);
  refuseInputs("-", inputs);
  refuseWithCompat(flags);
  const events = eventFilterOf(flags);
  const isLive = flags.input.length === 0;
  const writer = new BatchWriter(process.stdout);
  const processLedger = new Ledger();
  const ledger = new EventLedger(processLedger);
  const budget = new MemoryBudget(Math.max(DEFAULT_MEMORY_BUDGET, 2 * flags.maxMessage));
  const words = new LastWords({
    ledger: processLedger,
    quiet: flags.compat === true || flags.quiet === true,
    budgets: [budget],
  });
  const messages = new MonitorMessages(flags, writer, words);
  const recorder = flags.record === undefined ? undefined : new PayloadRecorder(flags.record);
  const nodes = flags.monitorSocket.filter((socket) => /^[^/=]+=/.test(socket));
  const linkName = isLive || flags.compat === true ? createLinkNames() : () => undefined;
  const send = await loadSending(flags);
  const sending = send?.({ ledger: processLedger, budget, mode: isLive ? "live" : "lossless" });
  const { output, formatter } = await createOutput({
    flags,
    budget,
    sending,
    events,
    names: await readNames(flags),
    linkName,
    writer,
    showNode: nodes.length > 0 || flags.input.length > 1,
    onPanic: (reason) => messages.panicked(reason),
    onDissectorStart: () => messages.dissectorStarted(),
    onUnknownPayload: (type) => messages.unknownPayload(type),
    onProblem: (message) => messages.undecoded(message),
    onFilterFailure: (reason) => messages.filterFailed(reason),
    onComplete: () => stopping.stop(),
    settle: (reason) => ledger.settle(reason),
  });
  /** An event that is held for --last is settled when it is shown or let go of. */
  const settle = (reason: LedgerReason | undefined): void => {
    if (reason === "time-unknown") messages.timeUnknown();
    if (reason !== HELD) ledger.settle(reason);
  };
  const reset = flags.freshDissector === true ? () => formatter?.resetDissector() : () => {};
  const isNameless = asksForNames(flags) && flags.names === undefined && flags.agentApi === undefined;
  const handlerFor = (origin: () => FlowOrigin) => ({
    payload: (payload: BorrowedPayload) => {
      ledger.enter();
      if (isNameless) messages.namesUnknown();
      const from = origin();
      const time = payload.time ?? from.time;
      recorder?.add(payload, time);
      reset();
      const item = { payload, origin: time === undefined ? from : { ...from, time } };
      const reason = reasonToSkip(payload, flags, events) ?? reasonOf(output.submit(item));
      settle(reason);
      ledger.countLost(payload);
      if (reason === "undecoded") messages.notAllDecoded();
    },
    json: (json: unknown, line: string, number: number) => {
      ledger.enter();
      const reason = reasonOf(output.submit({ json, line, origin: origin() }));
      settle(reason);
      if (reason === "undecoded") messages.badLine(number, "is JSON, but no event of the monitor");
    },
    problem: (line: number, message: string) => {
      ledger.skipLine();
      messages.badLine(line, message);
    },
  });
  const damage = (message: string): void => {
    ledger.dropDamaged();
    messages.damagedMessage(message);
  };
  const readerFor = (origin: () => FlowOrigin, agentVersion?: string, looksAhead = false) =>
    new MonitorReader(
      { ...handlerFor(origin), ...(looksAhead && flags.compat !== true ? { damage } : {}) },
      {
        reuse: flags.compat ?? false,
        maxMessage: flags.maxMessage,
        budget,
        agentVersion,
        looksAhead,
      },
    );
  const stopping = stopOnSignals({
    onSignal: (signal) => messages.interrupted(signal),
    lingers: flags.input.some((input) => isPipe(splitInput(input, flags).path)),
  });
  const options: WatchOptions = { flags, messages, ledger, readerFor, output, stopping };
  try {
    if (isLive) {
      await checkEndpoints(flags, events);
      await messages.start(() => getFromAgent(agentSocketOf(flags), "/healthz", 1000));
      await watchSockets(options);
    } else {
      for (const input of flags.input)
        if (stopping.by === undefined && !stopping.signal.aborted) await readInput(input, options);
    }
  } finally {
    stopping.release();
    await output.close(Number.POSITIVE_INFINITY);
    recorder?.close();
  }
  const lost = isLive ? undefined : sending?.findLoss();
  if (lost !== undefined) words.problem(lost);
  process.exitCode = messages.finish();
}

/** Why a message is left out unseen. Cilium says of every message that it cannot decode it, also of types not asked for. */
function reasonToSkip(
  { type, bytes, start, end }: BorrowedPayload,
  flags: MonitorFlags,
  events: EventFilter,
): LedgerReason | undefined {
  if (flags.compat === true || type !== EventSample || events.eventTypes.length === 0 || start === end)
    return undefined;
  const kind = bytes[start]!;
  if (events.eventTypes.includes(kind)) return undefined;
  const isText = flags.output === undefined && flags.summary !== true && flags.send === undefined;
  const isForDebug = kind === MessageTypeDebug || kind === MessageTypeTraceSock;
  return isText && isForDebug && verbosityOf(flags) === INFO ? "not-at-this-verbosity" : "filtered";
}

/** `NODE=FILE`, or a file alone; of several each has a name. */
function splitInput(input: string, flags: MonitorFlags): { path: string; node: string | undefined } {
  if (flags.input.length < 2 && !/^[^/=]+=/.test(input)) return { path: input, node: undefined };
  const [, node, path] = /^(?:([^/=]+)=)?(.*)$/s.exec(input)!;
  return { path: path!, node: node ?? path! };
}

function refuseArguments(first: string, dialect: Dialect): CompatExit {
  return dialect === "v1.9"
    ? new CompatExit("Error: arguments not recognized\n", "", 1)
    : wrongUsage(`unknown command "${first}" for "cilium-dbg monitor"`, dialect);
}

async function readInput(
  input: string,
  { flags, messages, ledger, readerFor, output, stopping }: WatchOptions,
): Promise<void> {
  const { path, node } = splitInput(input, flags);
  const { signal } = stopping;
  const source = await openInput(path, { signal });
  // A file holds no times; what comes through a pipe comes now.
  const isLive = source.size === undefined;
  const origin = (): FlowOrigin => ({
    ...(isLive ? { time: timestampFromMillis(Date.now()) } : {}),
    ...(node === undefined ? {} : { node }),
  });
  const reader = readerFor(origin, undefined, !isLive);
  messages.readingFrom(source.name);
  let error: string | undefined;
  const abort = (): void => void source.close();
  signal.addEventListener("abort", abort, { once: true });
  try {
    for await (const chunk of source.chunks()) {
      stopping.active();
      error = reader.push(chunk);
      await output.whenReady();
      if (error !== undefined || signal.aborted) break;
    }
  } catch (cause) {
    if (!signal.aborted) throw cause;
  } finally {
    signal.removeEventListener("abort", abort);
    await source.close();
  }
  const rest = reader.finish(signal.aborted);
  // Where it was stopped, a message that is not whole is whole in the recording.
  if (stopping.by === undefined && !signal.aborted) error ??= rest;
  if (error === undefined) return;
  ledger.endStream(error);
  messages.inputEnded(source.name, error);
}

async function readNames(flags: MonitorFlags): Promise<NameTable> {
  const table: NameTable = { endpoints: new Map(), identities: new Map(), interfaces: new Map(), ports: new Map() };
  // Under --compat it says where the agent is asked for its health and endpoints, as Cilium's -H does.
  if (flags.agentApi !== undefined && flags.compat !== true)
    addNames(table, await readAgentNames(agentSocketOf(flags)));
  if (flags.names !== undefined) addNames(table, readNamesFile(flags.names));
  return table;
}

function agentSocketOf({ agentApi }: MonitorFlags): string {
  return typeof agentApi === "string" ? agentApi : DEFAULT_AGENT_SOCKET;
}

/** Cilium looks whether endpoints exist only where all three filters are given. */
async function checkEndpoints(flags: MonitorFlags, events: ReturnType<typeof eventFilterOf>): Promise<void> {
  const lists = [events.fromSource, events.toDst, events.related];
  if (flags.compat !== true || lists.some((list) => list.length === 0)) return;
  let known: Set<number>;
  try {
    known = await readEndpointIds(agentSocketOf(flags));
  } catch (error) {
    throw new CompatExit("", `Error: cannot get endpoint list: ${(error as Error).message}\n\n`, 1);
  }
  let found = false;
  for (const list of lists)
    for (const id of list) {
      if (known.has(id)) found = true;
      else process.stderr.write(`endpoint ${id} not found\n`);
    }
  if (!found) throw new CompatExit("", "", 1);
}
