import { type FlowEvent, Ledger, MemoryBudget, TaplineError } from "../../model/index.ts";
import { giveWayAsProcess } from "../../sink/give-way.ts";
import { createOapClient } from "../../sink/skywalking/oap-client.ts";
import { OapReporter } from "../../sink/skywalking/oap-reporter.ts";
import { WallTime } from "../../source/ebpf/events/wall-time.ts";
import { KernelPrograms } from "../../source/ebpf/kernel-programs.ts";
import { describeLostByCpu } from "../../source/ebpf/loader/counters.ts";
import { ProcessWatch } from "../../source/ebpf/processes/process-watch.ts";
import { discoveryOf } from "../../source/ebpf/rover/discovery-request.ts";
import { nameOfNode } from "../../source/ebpf/rover/node-name.ts";
import { ProcessIdentities } from "../../source/ebpf/rover/process-identities.ts";
import { type RoverConfig, readRoverConfig } from "../../source/ebpf/rover/rover-config.ts";
import { PodDiscovery } from "../../source/kubernetes/pod-discovery.ts";
import { SparseLog } from "../../source/sparse-log.ts";
import { LastWords } from "../last-words.ts";
import { createLogger } from "../process/logger.ts";
import { stopOnSignals } from "../process/signals.ts";
import { AccessLogAnalyzer, type Analyzer, type AnalyzerEvents, type AnalyzerSettings } from "./access-log-analyzer.ts";
import { ThreadedAnalyzer } from "./threaded-analyzer.ts";

/** So much is copied of each message: reports need heads and sizes. */
const MESSAGE_BYTES = 16 * 1024;
/** Memory of all analyzers. */
const MEMORY_BYTES = 96 * 1024 * 1024;

/**
 * `tapline agent -c FILE`: watches what Rover's configuration says and reports to its backend, until it is told to stop.
 * @param nice how far all its threads give way to other processes
 */
export async function reportAccessLogs(path: string, nice: number): Promise<void> {
  const config = await readRoverConfig(path);
  if (!config.isActive) {
    process.stderr.write("tapline: access_log.active is false: nothing is watched\n");
    return;
  }
  if (!config.kubernetes.isActive && config.rules.length === 0)
    throw new TaplineError("configuration", "no process is named", {
      hint: "add process_discovery.rules, or set process_discovery.kubernetes.active (docs/rover.md)",
    });
  giveWayAsProcess(nice);
  const client = createOapClient(config.backend);
  const logger = createLogger(config.logLevel);
  const warn = (problem: string): void => logger.warn({}, problem);
  const losses = new SparseLog(logger);
  const pods = config.kubernetes.isActive ? await PodDiscovery.start(discoveryOf(config), warn) : undefined;
  const ledger = new Ledger();
  const reserved = new MemoryBudget(MEMORY_BYTES);
  const words = new LastWords({ ledger, budgets: [reserved], books: "used" });
  const stopping = stopOnSignals();
  const { boot } = new WallTime();
  const identities = new ProcessIdentities(config, pods, warn);
  let watch: ProcessWatch | undefined;
  let reporter: OapReporter | undefined;
  const programs = await KernelPrograms.start({
    rings: config.analyzers,
    ringBytes: config.ringBytes,
    messageBytes: MESSAGE_BYTES,
    packets: true,
    timings: true,
    onMissing: warn,
  });
  const events: AnalyzerEvents = {
    onFull: () => void reporter?.flush(),
    onProcess: (event) => {
      if (event.kind === "found" || event.kind === "exec") identities.look(event.pid, event.command);
      watch?.onProcess(event);
    },
    onLost: ({ summary }: FlowEvent) => losses.warn({ what: summary }, "the ring of an analyzer was full"),
  };
  const fail = (error: Error): void => {
    words.problem(error);
    stopping.stop();
  };
  const analyzers = await startAnalyzers(programs, settingsOf(programs, config, boot), events, fail);
  const commands = config.rules.flatMap(({ command }) => command ?? []);
  watch = new ProcessWatch(programs, { commands }, warn, () => identities.scan());
  watch.begin();
  reporter = new OapReporter({
    client,
    logs: { take: async (now) => (await Promise.all(analyzers.map((one) => one.take(now)))).flat() },
    ledger,
    boot,
    node: nameOfNode(config),
    cluster: config.cluster,
    excludedNamespaces: config.excludedNamespaces,
    // In a cluster the backend looks addresses up.
    unknownEnds: pods === undefined ? "service" : "address",
    identify: identities.find,
    identifyAll: identities.findAll,
    listProcesses: () => watch.watched,
    flushMillis: config.flushMillis,
    checkMillis: config.backend.checkMillis,
    heartbeatMillis: config.heartbeatMillis,
    propertiesPeriod: config.propertiesPeriod,
    logger,
  });
  const { length: threads } = analyzers;
  logger.info({ backend: config.backend.address, processes: watch.watched.size, analyzers: threads, nice }, "watching");
  await stopping.aborted;
  watch.close();
  pods?.close();
  programs.detach();
  for (const finishing of analyzers.map((one) => one.finish())) {
    const result = await finishing.catch(() => undefined);
    if (result === undefined) continue;
    ledger.add(result.ledger);
    if (result.reserved > 0) reserved.tryReserve(result.reserved);
  }
  await reporter.close();
  for (const analyzer of analyzers) await analyzer.close();
  const lost = describeLostByCpu(programs.close(ledger));
  if (lost !== undefined) words.note(lost, "ring");
  if (stopping.by === "SIGINT") words.endWith("interrupted");
  process.exitCode = words.finish();
  stopping.release();
}

/** One a ring. Where there is one, it is in this thread: handing over costs more than it brings. */
async function startAnalyzers(
  programs: KernelPrograms,
  settings: readonly AnalyzerSettings[],
  events: AnalyzerEvents,
  onFailure: (error: Error) => void,
): Promise<Analyzer[]> {
  const [only] = settings;
  if (settings.length === 1) return [new AccessLogAnalyzer(programs.object.libbpf, only!, events)];
  return Promise.all(settings.map((one) => ThreadedAnalyzer.start(one, events, onFailure)));
}

/** Each holds `queue_size`; what waits to be sent and the memory are shared out. */
function settingsOf(
  { places }: KernelPrograms,
  { flushCount, queues }: RoverConfig,
  boot: AnalyzerSettings["boot"],
): AnalyzerSettings[] {
  const share = (whole: number): number => Math.ceil(whole / places.length);
  return places.map((place) => ({
    place,
    boot,
    memoryBytes: share(MEMORY_BYTES),
    most: share(3 * flushCount),
    mostCalls: queues.calls,
    mostEnds: queues.ends,
    full: share(flushCount),
  }));
}
