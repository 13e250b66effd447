import { constants } from "node:os";
import { isMainThread } from "node:worker_threads";
import { TaplineError } from "../../../model/index.ts";
import { loadKoffi } from "./load-koffi.ts";

/** A pointer of C, as koffi hands it on. */
export type Pointer = unknown;

/** The calls of libbpf 1.x and libc that are made, under their own names. Those that give a pointer give null where they fail. */
export interface Libbpf {
  readonly koffi: typeof import("koffi");
  bpf_object__open_mem(bytes: Uint8Array, size: number, options: null): Pointer;
  bpf_object__load(object: Pointer): number;
  bpf_object__close(object: Pointer): void;
  bpf_object__find_program_by_name(object: Pointer, name: string): Pointer;
  bpf_object__find_map_by_name(object: Pointer, name: string): Pointer;
  bpf_program__set_autoload(program: Pointer, load: boolean): number;
  bpf_program__fd(program: Pointer): number;
  bpf_program__set_expected_attach_type(program: Pointer, type: number): number;
  bpf_program__name(program: Pointer): string;
  bpf_program__section_name(program: Pointer): string;
  bpf_object__next_program(object: Pointer, before: Pointer): Pointer;
  bpf_object__next_map(object: Pointer, before: Pointer): Pointer;
  bpf_map__name(map: Pointer): string;
  bpf_map__reuse_fd(map: Pointer, fd: number): number;
  bpf_program__attach(program: Pointer): Pointer;
  bpf_program__attach_uprobe_opts(
    program: Pointer,
    pid: number,
    path: string,
    offset: number | bigint,
    options: Uint8Array,
  ): Pointer;
  bpf_map__fd(map: Pointer): number;
  bpf_map_create(type: number, name: string, key: number, value: number, entries: number, options: null): number;
  bpf_link__destroy(link: Pointer): number;
  bpf_map_update_elem(fd: number, key: Uint8Array, value: Uint8Array, flags: number): number;
  bpf_map_lookup_elem(fd: number, key: Uint8Array, value: Uint8Array): number;
  bpf_map_delete_elem(fd: number, key: Uint8Array): number;
  libbpf_num_possible_cpus(): number;
  btf__load_vmlinux_btf(): Pointer;
  btf__find_by_name_kind(types: Pointer, name: string, kind: number): number;
  btf__type_by_id(types: Pointer, id: number): Pointer;
  btf__name_by_offset(types: Pointer, offset: number): string;
  btf__free(types: Pointer): void;
  /** Gives an address, or MAP_FAILED (all ones). */
  mmap(at: null, length: number, protection: number, flags: number, fd: number, offset: number): bigint | number;
  munmap(at: bigint | number, length: number): number;
  getpagesize(): number;
  /** bpf(2) by itself, for what libbpf has no call: gives a descriptor, or -1. */
  syscall(number: number, command: number, attributes: Uint8Array, size: number): number;
  close(fd: number): number;
  /** Lines that libbpf said since the last call. */
  takeLog(): string[];
  /** `ENOENT`, for the last call that failed. */
  lastError(): string;
}

let loaded: Libbpf | undefined;

/**
 * Loads koffi and libbpf.so.1, once. Nothing else in Tapline needs native code.
 * @throws TaplineError (`configuration`) that says which of them is missing and how to get it
 */
export async function loadLibbpf(): Promise<Libbpf> {
  loaded ??= bind(await loadKoffi());
  return loaded;
}

function bind(koffi: typeof import("koffi")): Libbpf {
  const library = open(koffi);
  const libc = koffi.load(null);
  const log: string[] = [];
  // libbpf has one place for all threads to print to: programs are loaded in the first.
  if (isMainThread) keepLog(koffi, library, libc, log);
  return {
    koffi,
    bpf_object__open_mem: library.func("void *bpf_object__open_mem(uint8_t *bytes, size_t size, void *options)"),
    bpf_object__load: library.func("int bpf_object__load(void *object)"),
    bpf_object__close: library.func("void bpf_object__close(void *object)"),
    bpf_object__find_program_by_name: library.func("void *bpf_object__find_program_by_name(void *object, str name)"),
    bpf_object__find_map_by_name: library.func("void *bpf_object__find_map_by_name(void *object, str name)"),
    bpf_program__set_autoload: library.func("int bpf_program__set_autoload(void *program, bool load)"),
    bpf_program__fd: library.func("int bpf_program__fd(void *program)"),
    bpf_program__set_expected_attach_type: library.func(
      "int bpf_program__set_expected_attach_type(void *program, int type)",
    ),
    bpf_program__name: library.func("str bpf_program__name(void *program)"),
    bpf_program__section_name: library.func("str bpf_program__section_name(void *program)"),
    bpf_object__next_program: library.func("void *bpf_object__next_program(void *object, void *before)"),
    bpf_object__next_map: library.func("void *bpf_object__next_map(void *object, void *before)"),
    bpf_map__name: library.func("str bpf_map__name(void *map)"),
    bpf_map__reuse_fd: library.func("int bpf_map__reuse_fd(void *map, int fd)"),
    bpf_program__attach: library.func("void *bpf_program__attach(void *program)"),
    bpf_program__attach_uprobe_opts: library.func(
      "void *bpf_program__attach_uprobe_opts(void *program, int pid, str path, size_t offset, uint8_t *options)",
    ),
    bpf_map__fd: library.func("int bpf_map__fd(void *map)"),
    bpf_map_create: library.func(
      "int bpf_map_create(int type, str name, uint32_t key, uint32_t value, uint32_t entries, void *options)",
    ),
    bpf_link__destroy: library.func("int bpf_link__destroy(void *link)"),
    bpf_map_update_elem: library.func("int bpf_map_update_elem(int fd, uint8_t *key, uint8_t *value, uint64_t flags)"),
    bpf_map_lookup_elem: library.func("int bpf_map_lookup_elem(int fd, uint8_t *key, _Out_ uint8_t *value)"),
    bpf_map_delete_elem: library.func("int bpf_map_delete_elem(int fd, uint8_t *key)"),
    libbpf_num_possible_cpus: library.func("int libbpf_num_possible_cpus()"),
    btf__load_vmlinux_btf: library.func("void *btf__load_vmlinux_btf()"),
    btf__find_by_name_kind: library.func("int btf__find_by_name_kind(void *types, str name, uint32_t kind)"),
    btf__type_by_id: library.func("void *btf__type_by_id(void *types, uint32_t id)"),
    btf__name_by_offset: library.func("str btf__name_by_offset(void *types, uint32_t offset)"),
    btf__free: library.func("void btf__free(void *types)"),
    mmap: libc.func("uintptr_t mmap(void *at, size_t length, int protection, int flags, int fd, size_t offset)"),
    munmap: libc.func("int munmap(uintptr_t at, size_t length)"),
    syscall: libc.func("long syscall(long number, int command, uint8_t *attributes, uint32_t size)"),
    getpagesize: libc.func("int getpagesize()"),
    close: libc.func("int close(int fd)"),
    takeLog: () => log.splice(0),
    lastError: () => errorName(koffi.errno()),
  };
}

function open(koffi: typeof import("koffi")): ReturnType<typeof koffi.load> {
  try {
    return koffi.load("libbpf.so.1");
  } catch (error) {
    throw new TaplineError("configuration", "libbpf.so.1 cannot be loaded", {
      hint: "install libbpf 1.x: apt install libbpf1 (Debian, Ubuntu), dnf install libbpf (Fedora)",
      cause: error,
    });
  }
}

/** Keeps lines that libbpf prints, as far as a person would read them, instead of letting them go to stderr. */
function keepLog(
  koffi: typeof import("koffi"),
  library: ReturnType<typeof koffi.load>,
  libc: ReturnType<typeof koffi.load>,
  log: string[],
): void {
  const format = libc.func("int vsnprintf(_Out_ uint8_t *text, size_t size, const char *format, void *arguments)");
  const print = koffi.register(
    (level: number, text: string, values: Pointer): number => {
      if (level > 1 || log.length >= MAX_LOG_LINES) return 0;
      const line = Buffer.alloc(1024);
      const length = format(line, line.length, text, values) as number;
      log.push(line.toString("utf8", 0, Math.min(length, line.length - 1)).trimEnd());
      return 0;
    },
    koffi.pointer(koffi.proto("int tapline_print(int level, const char *format, void *arguments)")),
  );
  library.func("void *libbpf_set_print(void *print)")(print);
}

const MAX_LOG_LINES = 200;

function errorName(number: number): string {
  for (const [name, value] of Object.entries(constants.errno)) if (value === number) return name;
  return `error ${number}`;
}
