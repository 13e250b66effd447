import type { ProcessEvent } from "../events/process-event.ts";
import type { KernelPrograms, Selection } from "../kernel-programs.ts";
import { listSharedLibraries } from "../tls/shared-libraries.ts";
import { TlsProbes, type WatchedLibrary } from "../tls/tls-probes.ts";
import { findProcesses, listProcesses, type ProcessRules } from "./find-processes.ts";
import { readCommand } from "./process-table.ts";
import { findCommand } from "./run-command.ts";

/** How often processes are looked for that no rule of the kernel's programs finds. */
const SCAN_MILLIS = 1000;

/**
 * Keeps the right processes watched: those that are asked for by number or command are found by the kernel's programs as they
 * start, those by container and pod by looking.
 */
export class ProcessWatch {
  readonly #programs: KernelPrograms;
  readonly #selection: Selection & ProcessRules;
  readonly #find: (() => readonly number[]) | undefined;
  readonly #say: (text: string) => void;
  readonly #watched = new Set<number>();
  /** Commands that are known to use io_uring: it is said once of each. */
  readonly #rings = new Set<string>();
  readonly #tls: TlsProbes;
  /** Processes whose TLS libraries are to be looked for. */
  readonly #fresh = new Set<number>();
  readonly #told = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /**
   * @param say tells of what cannot be seen
   * @param find other processes to watch, asked for again and again
   */
  constructor(
    programs: KernelPrograms,
    selection: Selection & ProcessRules,
    say: (text: string) => void,
    find?: () => readonly number[],
  ) {
    this.#find = find;
    this.#programs = programs;
    this.#selection = selection;
    this.#say = say;
    this.#tls = new TlsProbes(programs.object);
  }

  /** Processes that are watched now. */
  get watched(): ReadonlySet<number> {
    return this.#watched;
  }

  begin(): void {
    const { containers = [], pods = [] } = this.#selection;
    this.#programs.watch(this.#selection);
    this.#scan();
    for (const pid of this.#selection.pids ?? []) this.#fresh.add(pid);
    if (this.#selection.all === true) for (const pid of listProcesses()) if (pid !== process.pid) this.#fresh.add(pid);
    this.#attachTls();
    if (containers.length + pods.length > 0 || this.#find !== undefined) {
      this.#timer = setInterval(() => this.#scan(), SCAN_MILLIS);
      this.#timer.unref();
    }
  }

  /** Makes ready for a command before it begins: its own TLS library, and those that programs share. */
  prepare(command: string): void {
    for (const name of [command, "node"]) {
      const path = findCommand(name);
      if (path !== undefined) this.#tell(this.#tls.attachToFile(path));
    }
    for (const path of listSharedLibraries()) this.#tell(this.#tls.attachToFile(path));
  }

  onProcess({ kind, pid, command }: ProcessEvent): void {
    if (kind === "exit") this.#watched.delete(pid);
    else this.#watched.add(pid);
    if (kind === "found" || kind === "exec" || kind === "mapped") this.#lookLater(pid);
    if (kind === "io-uring") this.#tellRing(pid, readCommand(pid) ?? command);
  }

  #tellRing(pid: number, command: string): void {
    if (this.#rings.has(command)) return;
    this.#rings.add(command);
    this.#say(`${command} (${pid}) uses io_uring: what it sends and receives by that, if anything, is not seen`);
  }

  /** Nothing more is attached: the programs may be closed next, and what is left in the rings is still told. */
  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
  }

  #scan(): void {
    const found = [...findProcesses(this.#selection), ...(this.#find?.() ?? [])];
    const fresh = found.filter((pid) => pid !== process.pid && !this.#watched.has(pid));
    if (fresh.length === 0) return;
    for (const pid of fresh) {
      this.#watched.add(pid);
      this.#fresh.add(pid);
    }
    this.#programs.watch({ pids: fresh });
    this.#attachTls();
  }

  /** A program that starts maps many files in a row: they are looked at together. */
  #lookLater(pid: number): void {
    if (this.#fresh.size === 0) setImmediate(() => this.#attachTls());
    this.#fresh.add(pid);
  }

  #attachTls(): void {
    if (this.#isClosed) return;
    const pids = [...this.#fresh];
    this.#fresh.clear();
    for (const pid of pids) this.#tell(this.#tls.attachTo(pid));
  }

  #tell(libraries: readonly WatchedLibrary[]): void {
    for (const { path, kind, problem } of libraries) {
      if (problem === undefined || this.#told.has(path)) continue;
      this.#told.add(path);
      this.#say(`${path}: its TLS (${kind}) is not seen: ${problem}`);
    }
  }
}
