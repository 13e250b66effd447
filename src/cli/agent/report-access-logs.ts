import { decodeContent } from "../../analysis/content/node-content-decoder.ts";
import { DETECTORS } from "../../analysis/detectors.ts";
import { ExchangePipeline } from "../../analysis/pipeline/exchange-pipeline.ts";
import { createNodeRedactor } from "../../analysis/redaction/node-redactor.ts";
import { Ledger, MemoryBudget, TaplineError } from "../../model/index.ts";
import { AccessLogs } from "../../sink/skywalking/access-logs.ts";
import { createOapClient } from "../../sink/skywalking/oap-client.ts";
import { OapReporter } from "../../sink/skywalking/oap-reporter.ts";
import { PeerTable } from "../../source/ebpf/events/peer-table.ts";
import { WallTime } from "../../source/ebpf/events/wall-time.ts";
import { KernelAgent } from "../../source/ebpf/kernel-agent.ts";
import { ProcessTable } from "../../source/ebpf/processes/process-table.ts";
import { ProcessWatch } from "../../source/ebpf/processes/process-watch.ts";
import { discoveryOf } from "../../source/ebpf/rover/discovery-request.ts";
import { nameOfNode } from "../../source/ebpf/rover/node-name.ts";
import { ProcessIdentities } from "../../source/ebpf/rover/process-identities.ts";
import { readRoverConfig } from "../../source/ebpf/rover/rover-config.ts";
import { PodDiscovery } from "../../source/kubernetes/pod-discovery.ts";
import { LastWords } from "../last-words.ts";
import { createLogger } from "../process/logger.ts";
import { stopOnSignals } from "../process/signals.ts";

/** So much is copied of each message: reports need heads and sizes. */
const MESSAGE_BYTES = 16 * 1024;
const MEMORY_BYTES = 96 * 1024 * 1024;

/** `tapline agent -c FILE`: watches what Rover's configuration says and reports to its backend, until it is told to stop. */
export async function reportAccessLogs(path: string): Promise<void> {
  const config = await readRoverConfig(path);
  if (!config.isActive) {
    process.stderr.write("tapline: access_log.active is false: nothing is watched\n");
    return;
  }
  if (!config.kubernetes.isActive && config.rules.length === 0)
    throw new TaplineError("configuration", "no process is named", {
      hint: "add process_discovery.rules, or set process_discovery.kubernetes.active (docs/rover.md)",
    });
  const client = createOapClient(config.backend);
  const logger = createLogger(config.logLevel);
  const warn = (problem: string): void => logger.warn({}, problem);
  const pods = config.kubernetes.isActive ? await PodDiscovery.start(discoveryOf(config), warn) : undefined;
  const ledger = new Ledger();
  const budget = new MemoryBudget(MEMORY_BYTES);
  const stopping = stopOnSignals();
  const clock = new WallTime();
  let reporter: OapReporter | undefined;
  const logs = new AccessLogs({
    ledger,
    boot: clock.boot,
    most: 3 * config.flushCount,
    mostCalls: config.queues.calls,
    mostEnds: config.queues.ends,
    full: config.flushCount,
    onFull: () => void reporter?.flush(),
  });
  const pipeline = new ExchangePipeline({
    ledger,
    budget,
    // None is reported; what is not kept is not searched for secrets either.
    limits: { bodyBytes: 0 },
    decode: decodeContent,
    detectors: DETECTORS,
    redactor: createNodeRedactor(),
    outputs: [{ exchanges: logs }],
  });
  const peers = new PeerTable(pipeline);
  const identities = new ProcessIdentities(config, pods, warn);
  let watch: ProcessWatch | undefined;
  const agent = await KernelAgent.start({
    observer: peers,
    ledger,
    budget,
    clock,
    processes: new ProcessTable(),
    ringBytes: config.ringBytes,
    messageBytes: MESSAGE_BYTES,
    timings: true,
    // They are counted with the calls that sent them.
    onFlow: () => {},
    onMissing: warn,
    onOperation: (operation) => logs.operation(operation),
    onProcess: (event) => {
      if (event.kind === "found" || event.kind === "exec") identities.look(event.pid, event.command);
      watch?.onProcess(event);
    },
  });
  const commands = config.rules.flatMap(({ command }) => command ?? []);
  watch = new ProcessWatch(agent, { commands }, warn, () => identities.scan());
  watch.begin();
  reporter = new OapReporter({
    client,
    logs,
    boot: clock.boot,
    node: nameOfNode(config),
    cluster: config.cluster,
    excludedNamespaces: config.excludedNamespaces,
    // In a cluster the backend looks addresses up.
    unknownEnds: pods === undefined ? "service" : "address",
    identify: identities.find,
    identifyAll: identities.findAll,
    findPeer: peers.find,
    listProcesses: () => watch.watched,
    flushMillis: config.flushMillis,
    heartbeatMillis: config.heartbeatMillis,
    propertiesPeriod: config.propertiesPeriod,
    logger,
  });
  logger.info({ backend: config.backend.address, processes: watch.watched.size }, "watching");
  await stopping.aborted;
  watch.close();
  pods?.close();
  agent.close();
  await pipeline.close(Number.POSITIVE_INFINITY);
  await reporter.close();
  const words = new LastWords({ ledger, budgets: [budget], books: "used" });
  if (stopping.by === "SIGINT") words.endWith("interrupted");
  process.exitCode = words.finish();
  stopping.release();
}
