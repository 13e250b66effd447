import type { ProcessEvent } from "../events/record-translator.ts";
import type { KernelAgent, Selection } from "../kernel-agent.ts";
import { findProcesses, type ProcessRules } from "./find-processes.ts";

/** How often processes are looked for that no rule of the kernel's programs finds. */
const SCAN_MILLIS = 1000;

/**
 * Keeps the right processes watched: those that are asked for by number or command are found by the kernel's programs as they
 * start, those by container and pod by looking.
 */
export class ProcessWatch {
  readonly #agent: KernelAgent;
  readonly #selection: Selection & ProcessRules;
  readonly #say: (text: string) => void;
  readonly #watched = new Set<number>();
  /** Commands that are known to use io_uring: it is said once of each. */
  readonly #rings = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  /** @param say tells of what cannot be seen */
  constructor(agent: KernelAgent, selection: Selection & ProcessRules, say: (text: string) => void) {
    this.#agent = agent;
    this.#selection = selection;
    this.#say = say;
  }

  /** Processes that are watched now. */
  get watched(): ReadonlySet<number> {
    return this.#watched;
  }

  begin(): void {
    const { containers = [], pods = [] } = this.#selection;
    this.#agent.watch(this.#selection);
    this.#scan();
    if (containers.length + pods.length > 0) {
      this.#timer = setInterval(() => this.#scan(), SCAN_MILLIS);
      this.#timer.unref();
    }
  }

  /** Makes ready for a command before it begins. */
  async prepare(_command: string): Promise<void> {}

  onProcess({ kind, pid, command }: ProcessEvent): void {
    if (kind === "exit") this.#watched.delete(pid);
    else this.#watched.add(pid);
    if (kind !== "io-uring" || this.#rings.has(command)) return;
    this.#rings.add(command);
    this.#say(`${command} (${pid}) uses io_uring: what it sends and receives by that, if anything, is not seen`);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #scan(): void {
    const fresh = findProcesses(this.#selection).filter((pid) => pid !== process.pid && !this.#watched.has(pid));
    if (fresh.length === 0) return;
    for (const pid of fresh) this.#watched.add(pid);
    this.#agent.watch({ pids: fresh });
  }
}
