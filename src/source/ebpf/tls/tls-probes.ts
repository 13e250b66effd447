import type { BpfObject } from "../loader/bpf-object.ts";
import { ElfFile } from "./elf-file.ts";
import { filesOf, identify } from "./process-files.ts";
import { findTlsLibraries, type ProbeSite, type TlsLibrary } from "./tls-library.ts";

/** Files that are remembered, so that each is looked into once. */
const MOST_FILES = 8192;

const GO_RETURN = "go_read_return";

/** A file in which a TLS library was found, and why it is not watched, if so. */
export interface WatchedLibrary {
  readonly path: string;
  readonly kind: TlsLibrary["kind"];
  readonly problem: string | undefined;
}

/** Finds the TLS libraries of processes and attaches the programs to them: once a file, for all processes that use it. */
export class TlsProbes {
  readonly #object: BpfObject;
  /** For many places at once; null: this kernel has no such links. */
  #many: BpfObject | null | undefined;
  readonly #files = new Map<string, readonly WatchedLibrary[]>();

  constructor(object: BpfObject) {
    this.#object = object;
  }

  /** The libraries of a process, now: of its program and of what it has mapped to execute. */
  attachTo(pid: number): WatchedLibrary[] {
    return filesOf(pid).flatMap((path) => this.attachToFile(path));
  }

  /** The libraries of a file. */
  attachToFile(path: string): readonly WatchedLibrary[] {
    const identity = identify(path);
    if (identity === undefined) return [];
    let known = this.#files.get(identity);
    if (known === undefined) {
      if (this.#files.size >= MOST_FILES) this.#files.delete(this.#files.keys().next().value!);
      known = this.#attach(path);
      // The process may have ended meanwhile, and its paths with it.
      if (identify(path) === undefined) return [];
      this.#files.set(identity, known);
    }
    return known;
  }

  #attach(path: string): WatchedLibrary[] {
    const file = ElfFile.open(path);
    if (file === undefined) return [];
    try {
      return findTlsLibraries(file).map((library) => ({
        path,
        kind: library.kind,
        problem: library.problem ?? this.#attachSites(path, library),
      }));
    } finally {
      file.close();
    }
  }

  /** All of its places or none: half of them would tell half of a conversation. */
  #attachSites(path: string, { sites }: TlsLibrary): string | undefined {
    const mark = this.#object.attachments;
    const rest = this.#attachTogether(path, sites);
    for (const { program, offset, atReturn = false } of rest) {
      const problem = this.#object.attachUprobe(program, path, offset, { atReturn });
      if (problem === undefined) continue;
      this.#object.detachFrom(mark);
      return `${program} cannot be attached: ${problem}`;
    }
    return undefined;
  }

  /** Go's functions return in many places: one link has them all, where the kernel has such links. Gives the places that are left. */
  #attachTogether(path: string, sites: readonly ProbeSite[]): readonly ProbeSite[] {
    const returns = sites.filter(({ program }) => program === GO_RETURN);
    if (returns.length < 2) return sites;
    this.#many ??= this.#loadMany();
    const problem = this.#many?.attachUprobes(
      GO_RETURN,
      path,
      returns.map(({ offset }) => offset),
    );
    return this.#many === null || problem !== undefined ? sites : sites.filter((one) => !returns.includes(one));
  }

  #loadMany(): BpfObject | null {
    const object = this.#object.openBeside();
    try {
      object.enableOnly([GO_RETURN]);
      object.prepareForMany(GO_RETURN);
      object.load();
      return object;
    } catch {
      object.close();
      return null;
    }
  }
}
