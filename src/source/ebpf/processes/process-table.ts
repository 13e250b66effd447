import { readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";
import type { ProcessFacts } from "../../../model/index.ts";

/** Processes whose facts are remembered; the oldest make room. */
const MOST_PROCESSES = 16_384;

/** Facts of processes: looked up once, and again after exec. */
export class ProcessTable {
  readonly #facts = new Map<number, ProcessFacts>();
  readonly #describe: (pid: number, facts: ProcessFacts) => ProcessFacts;

  /** @param describe adds what else is known (the pod) */
  constructor(describe: (pid: number, facts: ProcessFacts) => ProcessFacts = (_, facts) => facts) {
    this.#describe = describe;
  }

  find(pid: number): ProcessFacts {
    let facts = this.#facts.get(pid);
    if (facts === undefined) {
      if (this.#facts.size >= MOST_PROCESSES) this.#facts.delete(this.#facts.keys().next().value!);
      facts = this.#describe(pid, readFacts(pid));
      this.#facts.set(pid, facts);
    }
    return facts;
  }

  /** The process runs something else now, or is there no more. @param command as the kernel said it */
  renew(pid: number, command: string): void {
    this.#facts.delete(pid);
    const facts = this.find(pid);
    if (facts.command === undefined && command !== "") this.#facts.set(pid, { ...facts, command });
  }

  forget(pid: number): void {
    this.#facts.delete(pid);
  }
}

function readFacts(pid: number): ProcessFacts {
  const command = readCommand(pid);
  const cgroup = readCgroup(pid);
  return { pid, ...(command !== undefined && { command }), ...(cgroup !== undefined && { cgroup }) };
}

/** The name of the file that the process runs; of a thread's name programs make something else (`MainThread`). */
export function readCommand(pid: number): string | undefined {
  try {
    return basename(readlinkSync(`/proc/${pid}/exe`)).replace(/ \(deleted\)$/, "");
  } catch {
    return readText(`/proc/${pid}/comm`)?.trimEnd();
  }
}

/** The path in the hierarchy of cgroup v2, or in the first of v1 that is not the root. */
export function readCgroup(pid: number): string | undefined {
  const lines = readText(`/proc/${pid}/cgroup`)?.trimEnd().split("\n") ?? [];
  const paths = lines.map((line) => line.split(":").slice(2).join(":"));
  return paths.find((path) => path !== "/" && path !== "") ?? paths[0];
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
