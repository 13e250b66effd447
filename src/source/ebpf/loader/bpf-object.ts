import { readFileSync } from "node:fs";
import { join } from "node:path";
import { TaplineError } from "../../../model/index.ts";
import { BpfMap } from "./bpf-map.ts";
import { type Libbpf, loadLibbpf, type Pointer } from "./libbpf.ts";
import { linkUprobes, TRACE_UPROBE_MULTI } from "./link-uprobes.ts";

/**
 * The programs and maps of `bpf/` in the kernel. What is attached stays attached until `close`, or until the process ends,
 * however it does.
 */
export class BpfObject {
  readonly libbpf: Libbpf;
  readonly #object: Pointer;
  readonly #detach: (() => void)[] = [];
  readonly #beside: BpfObject[] = [];
  #isClosed = false;

  private constructor(libbpf: Libbpf, object: Pointer) {
    this.libbpf = libbpf;
    this.#object = object;
  }

  /** @throws TaplineError (`configuration`) where libbpf is missing, or there are no programs for this processor */
  static async open(): Promise<BpfObject> {
    return BpfObject.#openWith(await loadLibbpf());
  }

  static #openWith(libbpf: Libbpf): BpfObject {
    const bytes = readPrograms();
    const object = libbpf.bpf_object__open_mem(bytes, bytes.length, null);
    if (object === null) throw refused(libbpf, "the programs cannot be opened");
    return new BpfObject(libbpf, object);
  }

  /**
   * The same programs once more, with the maps of this object, which is loaded: what is chosen of them may be refused without harm to the
   * others. It is closed with this one, if not before.
   */
  openBeside(): BpfObject {
    const { libbpf } = this;
    const object = BpfObject.#openWith(libbpf);
    this.#beside.push(object);
    for (let map: Pointer = null; ; ) {
      map = libbpf.bpf_object__next_map(object.#object, map);
      if (map === null) return object;
      const name = libbpf.bpf_map__name(map);
      // Constants are each object's own.
      if (!name.endsWith(".rodata")) libbpf.bpf_map__reuse_fd(map, libbpf.bpf_map__fd(this.#mapAlike(map)));
    }
  }

  /** Before `load`: of the programs only these. */
  enableOnly(names: readonly string[]): void {
    for (const { name } of this.programs()) this.enable(name, names.includes(name));
  }

  /** Before `load`: the program is for `attachUprobes`. */
  prepareForMany(program: string): void {
    this.libbpf.bpf_program__set_expected_attach_type(this.#program(program), TRACE_UPROBE_MULTI);
  }

  /** Attaches a program to many instructions of a file by one link (Linux 6.6 or later). Gives the kernel's reason where it cannot be. */
  attachUprobes(program: string, path: string, offsets: readonly number[]): string | undefined {
    const link = linkUprobes(this.libbpf, this.libbpf.bpf_program__fd(this.#program(program)), path, offsets);
    if (typeof link === "string") return link;
    this.#detach.push(() => this.libbpf.close(link));
    return undefined;
  }

  /** The programs that there are, with their sections: `fentry/tcp_sendmsg`. */
  programs(): { readonly name: string; readonly section: string }[] {
    const found: { name: string; section: string }[] = [];
    for (let program: Pointer = null; ; ) {
      program = this.libbpf.bpf_object__next_program(this.#object, program);
      if (program === null) return found;
      const section = this.libbpf.bpf_program__section_name(program).replace(/^\?/, "");
      found.push({ name: this.libbpf.bpf_program__name(program), section });
    }
  }

  /** Before `load`: whether a program is loaded. */
  enable(program: string, isEnabled: boolean): void {
    this.libbpf.bpf_program__set_autoload(this.#program(program), isEnabled);
  }

  /** @throws TaplineError (`configuration`) with the kernel's reason */
  load(): void {
    this.libbpf.takeLog();
    if (this.libbpf.bpf_object__load(this.#object) !== 0)
      throw refused(this.libbpf, "the kernel does not take the programs");
  }

  /** Attaches a program where its section says. Gives the kernel's reason where it cannot be. */
  attach(program: string): string | undefined {
    return this.#keep(this.libbpf.bpf_program__attach(this.#program(program)));
  }

  /**
   * Attaches a program to an instruction of a file, for all processes that run it or for one.
   * @param offset in the file
   * @param atReturn when the function that begins there returns
   */
  attachUprobe(program: string, path: string, offset: number, options: UprobeOptions = {}): string | undefined {
    const { pid = -1, atReturn = false, cookie = 0 } = options;
    const bytes = new Uint8Array(UPROBE_OPTIONS_BYTES);
    const view = new DataView(bytes.buffer);
    view.setBigUint64(0, BigInt(UPROBE_OPTIONS_BYTES), true);
    view.setBigUint64(16, BigInt(cookie), true);
    view.setUint8(24, atReturn ? 1 : 0);
    return this.#keep(this.libbpf.bpf_program__attach_uprobe_opts(this.#program(program), pid, path, offset, bytes));
  }

  /** The error for a program that the kernel took but did not attach. */
  refusedAttach(program: string, reason: string): TaplineError {
    return new TaplineError("configuration", `the program ${program} cannot be attached: ${reason}`, {
      hint: "tapline doctor says what is missing",
    });
  }

  /** How many attachments there are: a mark for `detachFrom`. */
  get attachments(): number {
    return this.#detach.length;
  }

  /** Detaches what was attached since the mark. */
  detachFrom(mark: number): void {
    for (const detach of this.#detach.splice(mark).reverse()) detach();
  }

  mapFd(name: string): number {
    return this.libbpf.bpf_map__fd(this.#map(name));
  }

  bpfMap(name: string): BpfMap {
    return new BpfMap(this.libbpf, this.mapFd(name));
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const object of this.#beside) object.close();
    this.detachFrom(0);
    this.libbpf.bpf_object__close(this.#object);
  }

  #keep(link: Pointer): string | undefined {
    if (link === null) return this.libbpf.lastError();
    this.#detach.push(() => this.libbpf.bpf_link__destroy(link));
    return undefined;
  }

  #program(name: string): Pointer {
    const program = this.libbpf.bpf_object__find_program_by_name(this.#object, name);
    if (program === null) throw new Error(`there is no program ${name} in bpf/`);
    return program;
  }

  /** The map of this object that has the name of another's. */
  #mapAlike(map: Pointer): Pointer {
    // libbpf puts the object's name before that of a section.
    return this.#map(this.libbpf.bpf_map__name(map).replace(/^.*(?=\.bss$)/, ""));
  }

  #map(name: string): Pointer {
    const map = this.libbpf.bpf_object__find_map_by_name(this.#object, name);
    if (map === null) throw new Error(`there is no map ${name} in bpf/`);
    return map;
  }
}

export interface UprobeOptions {
  /** Default: every process. */
  readonly pid?: number;
  readonly atReturn?: boolean;
  /** The program gets it from bpf_get_attach_cookie. */
  readonly cookie?: number;
}

/** struct bpf_uprobe_opts of libbpf 1.x: size, reference counter, cookie, retprobe, function name. */
const UPROBE_OPTIONS_BYTES = 40;

/** @throws TaplineError (`configuration`) on a processor that they were not built for */
function readPrograms(): Uint8Array {
  const path = join(import.meta.dirname, `../../../../bpf/tapline.${process.arch}.bpf.o`);
  try {
    return readFileSync(path);
  } catch (error) {
    throw new TaplineError("configuration", `there are no programs for ${process.platform} on ${process.arch}`, {
      hint: "x64 and arm64 are built",
      place: { file: path },
      cause: error,
    });
  }
}

/** The reason stands in what libbpf prints, if anywhere. */
function refused(libbpf: Libbpf, what: string): TaplineError {
  const reason = libbpf.lastError();
  const log = libbpf.takeLog();
  const telling = log.find((line) => /BTF|permitted|failed to load:|Operation|kernel/i.test(line)) ?? log.at(-1);
  return new TaplineError("configuration", `${what}: ${reason}${telling === undefined ? "" : ` (${telling})`}`, {
    hint: "tapline doctor says what is missing; tapline agent -i IFACE shows plaintext of packets without it",
  });
}
