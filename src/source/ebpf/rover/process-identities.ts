import { findContainerIds } from "../../kubernetes/container-ids.ts";
import type { FoundContainer, PodDiscovery } from "../../kubernetes/pod-discovery.ts";
import { listProcesses } from "../processes/find-processes.ts";
import { readListeners } from "./listening-ports.ts";
import { nameByAnalyzers, nameByRule, type ProcessIdentity } from "./name-process.ts";
import { type ProcessContext, readProcess } from "./process-context.ts";
import type { RoverConfig } from "./rover-config.ts";

/** How long names of a process stay: its logs are reported after it has ended. */
const KEPT_MILLIS = 30_000;

/**
 * Which processes are named by the configuration, and how: those in pods by its analyzers, which may give a process several names, all
 * others by its rules, of which the first counts.
 */
export class ProcessIdentities {
  readonly #config: RoverConfig;
  readonly #pods: Pick<PodDiscovery, "find" | "revision"> | undefined;
  readonly #tell: (problem: string) => void;
  readonly #found = new Map<number, readonly ProcessIdentity[]>();
  /** Processes that have ended, and since when that is known. */
  readonly #gone = new Map<number, number>();
  /** Problems that were told; there are as many as templates and pods. */
  readonly #told = new Set<string>();
  #listeners: ReadonlyMap<number, ReadonlySet<number>> = new Map();
  #revision = 0;

  /**
   * @param pods absent: outside of Kubernetes
   * @param tell gets templates that fail for a pod, each once
   */
  constructor(
    config: RoverConfig,
    pods?: Pick<PodDiscovery, "find" | "revision">,
    tell: (problem: string) => void = () => {},
  ) {
    this.#config = config;
    this.#pods = pods;
    this.#tell = tell;
  }

  /** The names that the process's access logs have; undefined where nothing names it. */
  readonly find = (pid: number): ProcessIdentity | undefined => this.#found.get(pid)?.[0];

  /** All names of the process, as the backend's list of processes has them. */
  readonly findAll = (pid: number): readonly ProcessIdentity[] => this.#found.get(pid) ?? [];

  /**
   * Looks at a process that has just begun, or runs something else now: it may be gone soon.
   * @param command the thread's name as the kernel has it
   */
  look(pid: number, command: string): void {
    this.#gone.delete(pid);
    if (this.#decide(pid)) return;
    // It is gone already: what the kernel said of it has to do.
    const facts = { pid, path: "", name: command, commandLine: command, folder: "", cgroup: "", cgroups: "" };
    this.#found.set(pid, this.#nameByRule(facts));
  }

  /** Looks at the processes that there are now. Gives those that are named. */
  scan(): number[] {
    if (this.#config.rules.some(({ port }) => port !== undefined)) this.#listeners = readListeners();
    const pids = listProcesses().filter((pid) => pid !== process.pid);
    this.#forgetGone(new Set(pids));
    const isChanged = this.#pods !== undefined && this.#pods.revision !== this.#revision;
    this.#revision = this.#pods?.revision ?? 0;
    for (const pid of pids) if (isChanged || this.find(pid) === undefined) this.#decide(pid);
    return pids.filter((pid) => this.find(pid) !== undefined);
  }

  /** False where the process cannot be looked into. */
  #decide(pid: number): boolean {
    const facts = readProcess(pid);
    if (facts === undefined) return false;
    const container = this.#findContainer(facts);
    const names =
      container === undefined
        ? this.#nameByRule(facts)
        : nameByAnalyzers(this.#config, facts, container, (problem) => this.#tellOnce(problem));
    this.#found.set(pid, names);
    return true;
  }

  #nameByRule(facts: ProcessContext): readonly ProcessIdentity[] {
    const found = nameByRule(this.#config, facts, this.#listeners);
    return found === undefined ? [] : [found];
  }

  #findContainer({ cgroups }: ProcessContext): FoundContainer | undefined {
    if (this.#pods === undefined) return undefined;
    for (const id of findContainerIds(cgroups)) {
      const found = this.#pods.find(id);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #forgetGone(alive: ReadonlySet<number>): void {
    const now = performance.now();
    for (const pid of this.#found.keys()) {
      if (alive.has(pid)) continue;
      const since = this.#gone.get(pid) ?? now;
      this.#gone.set(pid, since);
      if (now - since < KEPT_MILLIS) continue;
      this.#gone.delete(pid);
      this.#found.delete(pid);
    }
  }

  #tellOnce(problem: string): void {
    if (this.#told.has(problem) || this.#told.size >= MOST_TOLD) return;
    this.#told.add(problem);
    this.#tell(problem);
  }
}

const MOST_TOLD = 1000;
