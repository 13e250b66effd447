import { randomUUID } from "node:crypto";
import { networkInterfaces } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { Code, ConnectError } from "@connectrpc/connect";
import type { Ledger, Logger, Timestamp } from "../../model/index.ts";
import { readInterface } from "../../source/ebpf/processes/network-interface.ts";
import type { ProcessIdentity } from "../../source/ebpf/rover/name-process.ts";
import { type ConnectionLogs, type LogSource, settleLogs } from "./access-logs.ts";
import { addressesOf, type Identify, type LogAddresses } from "./connection-address.ts";
import { makeMessages, type NodeInfo, type UnknownEnds } from "./log-messages.ts";
import type { OapClient } from "./oap-client.ts";

/** A stream is given up after so long, as Rover does. */
const STREAM_MILLIS = 20_000;
/** Tries of one batch that a backend refuses, and the wait before the second; it doubles. */
const MOST_TRIES = 3;
const RETRY_MILLIS = 500;
/** Connections of one stream. */
const MOST_CONNECTIONS = 1000;

export interface OapReporterOptions {
  readonly client: OapClient;
  readonly logs: LogSource;
  /** Logs that are sent are settled here. */
  readonly ledger: Ledger;
  readonly boot: Timestamp;
  readonly node: string;
  readonly cluster: string;
  readonly excludedNamespaces: readonly string[];
  readonly unknownEnds: UnknownEnds;
  readonly identify: Identify;
  /** All names of a process: it is listed under each. */
  readonly identifyAll: (pid: number) => readonly ProcessIdentity[];
  /** Processes that are watched now. */
  readonly listProcesses: () => Iterable<number>;
  readonly flushMillis: number;
  /** So often a backend that is not there is tried again. */
  readonly checkMillis: number;
  readonly heartbeatMillis: number;
  /** Each so many heartbeats all processes are reported anew. */
  readonly propertiesPeriod: number;
  readonly logger: Logger;
}

/**
 * Reports access logs and processes to a SkyWalking OAP, each flush in a stream of its own. A batch that it refuses is tried again, `MOST_TRIES`
 * times in all; while it is not there, the batch waits for it, and what comes meanwhile waits in the logs, which are bounded.
 */
export class OapReporter {
  readonly #options: OapReporterOptions;
  readonly #agentId = randomUUID();
  readonly #reported = new Set<string>();
  readonly #timers: NodeJS.Timeout[] = [];
  #sending: Promise<void> = Promise.resolve();
  #isSending = false;
  readonly #closing = new AbortController();
  #beats = 0;

  constructor(options: OapReporterOptions) {
    this.#options = options;
    this.#timers.push(
      setInterval(() => void this.flush(), options.flushMillis),
      setInterval(() => void this.#beat(), options.heartbeatMillis),
    );
    void this.#beat();
  }

  /** Sends what is due. One flush at a time: what comes meanwhile waits in the logs, which are bounded. */
  flush(now = Number(process.hrtime.bigint())): Promise<void> {
    if (this.#isSending && now !== Number.POSITIVE_INFINITY) return this.#sending;
    this.#isSending = true;
    this.#sending = this.#sending.then(async () => {
      await this.#send(await this.#options.logs.take(now));
      this.#isSending = false;
    });
    return this.#sending;
  }

  /** Sends everything, once more: a backend that is not there is not waited for. */
  async close(): Promise<void> {
    this.#closing.abort();
    for (const timer of this.#timers) clearInterval(timer);
    await this.flush(Number.POSITIVE_INFINITY);
  }

  async #send(logs: readonly ConnectionLogs[]): Promise<void> {
    const { ledger, identify } = this.#options;
    const batch: { logs: ConnectionLogs; addresses: LogAddresses }[] = [];
    for (const one of logs) {
      const addresses = addressesOf(one.connection, one.pid, one.peer, identify);
      if (typeof addresses === "string") settleLogs(ledger, [one], addresses);
      else batch.push({ logs: one, addresses });
    }
    for (let at = 0; at < batch.length; at += MOST_CONNECTIONS)
      await this.#sendBatch(batch.slice(at, at + MOST_CONNECTIONS));
  }

  async #sendBatch(batch: readonly { logs: ConnectionLogs; addresses: LogAddresses }[]): Promise<void> {
    const { client, ledger, boot, unknownEnds, checkMillis, logger } = this.#options;
    const settle = (reason?: "backend"): void =>
      settleLogs(
        ledger,
        batch.map(({ logs }) => logs),
        reason,
      );
    for (let refused = 0; ; ) {
      // One that is waited for while it is closed is tried once more.
      const isLast = this.#closing.signal.aborted;
      try {
        const messages = makeMessages(this.#describeNode(), boot, batch, unknownEnds);
        await client.logs.collect(toAsync(messages), { timeoutMs: STREAM_MILLIS, headers: client.headers });
        return settle();
      } catch (error) {
        const { code } = ConnectError.from(error);
        const isAway = code === Code.Unavailable;
        if (!isAway) refused++;
        logger.warn({ refused, error: (error as Error).message }, "the backend does not take access logs");
        if (refused === MOST_TRIES || (isLast && (isAway || code === Code.DeadlineExceeded))) return settle("backend");
        const wait = isAway ? checkMillis : RETRY_MILLIS * 2 ** (refused - 1);
        await delay(wait, undefined, { signal: isAway ? this.#closing.signal : undefined }).catch(() => {});
      }
    }
  }

  /** Tells of processes: new ones with all that is known, known ones that they are there. */
  async #beat(): Promise<void> {
    const { client, identifyAll, listProcesses, propertiesPeriod, logger } = this.#options;
    const all = [...listProcesses()].flatMap(identifyAll);
    const isAnew = this.#beats++ % propertiesPeriod === 0;
    const fresh = all.filter((one) => isAnew || !this.#reported.has(keyOf(one)));
    const known = all.filter((one) => !fresh.includes(one));
    const call = { timeoutMs: STREAM_MILLIS, headers: client.headers };
    try {
      if (fresh.length > 0) {
        const processes = fresh.map(describeProcess);
        await client.processes.reportProcesses({ processes, ebpfAgentID: this.#agentId }, call);
        for (const one of fresh) this.#reported.add(keyOf(one));
      }
      if (known.length > 0) {
        const processes = known.map((one) => ({ entityMetadata: describeEntity(one), properties: [PROFILING] }));
        await client.processes.keepAlive({ processes, ebpfAgentID: this.#agentId }, call);
      }
    } catch (error) {
      logger.warn({ error: (error as Error).message }, "the backend does not take processes");
    }
  }

  #describeNode(): NodeInfo {
    const { node, boot, cluster, excludedNamespaces } = this.#options;
    return {
      name: node,
      bootTime: { seconds: BigInt(boot.seconds), nanos: boot.nanos },
      clusterName: cluster,
      policy: { excludeNamespaces: [...excludedNamespaces] },
      netInterfaces: Object.keys(networkInterfaces()).map((name) => ({ name, ...readInterface(name) })),
    };
  }
}

/** Only what profiles by eBPF could do: Tapline does not profile. */
const PROFILING = { key: "support_ebpf_profiling", value: "false" };

function describeProcess(identity: ProcessIdentity) {
  const properties = Object.entries(identity.properties).map(([key, value]) => ({ key, value }));
  const facts = { entity: describeEntity(identity), pid: identity.pid, properties: [...properties, PROFILING] };
  return identity.container === ""
    ? { metadata: { case: "hostProcess", value: facts } as const }
    : { metadata: { case: "k8sProcess", value: facts } as const };
}

function describeEntity({ layer, service, instance, process, labels }: ProcessIdentity) {
  return { layer, serviceName: service, instanceName: instance, processName: process, labels: [...labels] };
}

function keyOf({ pid, service, instance, process }: ProcessIdentity): string {
  return [pid, service, instance, process].join("\0");
}

async function* toAsync<Item>(items: Iterable<Item>): AsyncGenerator<Item> {
  yield* items;
}
