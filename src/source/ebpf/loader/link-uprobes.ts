import type { Libbpf } from "./libbpf.ts";

/** The attach type of programs for it (enum bpf_attach_type). */
export const TRACE_UPROBE_MULTI = 48;

const LINK_CREATE = 28;
const SYSCALL: Partial<Record<NodeJS.Architecture, number>> = { x64: 321, arm64: 280 };
/** The part of union bpf_attr that is for it (include/uapi/linux/bpf.h). */
const ATTRIBUTES_BYTES = 64;

/**
 * Attaches a program to many places of a file by one link, which libbpf 1.1 has no call for (Linux 6.6 or later). To detach, close it.
 * @param offsets in the file
 * @returns the link's descriptor, or the kernel's reason
 */
export function linkUprobes(
  libbpf: Libbpf,
  program: number,
  path: string,
  offsets: readonly number[],
): number | string {
  const number = SYSCALL[process.arch];
  if (number === undefined) return "ENOSYS";
  const text = Buffer.from(`${path}\0`);
  const start = 8 * offsets.length;
  const length = start + text.length;
  const at = libbpf.mmap(null, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (BigInt(at) === 0xffff_ffff_ffff_ffffn) return libbpf.lastError();
  const memory = new Uint8Array(libbpf.koffi.view(at, length));
  memory.set(new Uint8Array(BigUint64Array.from(offsets, BigInt).buffer));
  memory.set(text, start);
  const attributes = new Uint8Array(ATTRIBUTES_BYTES);
  const view = new DataView(attributes.buffer);
  view.setUint32(0, program, true);
  view.setUint32(8, TRACE_UPROBE_MULTI, true);
  view.setBigUint64(16, BigInt(at) + BigInt(start), true);
  view.setBigUint64(24, BigInt(at), true);
  view.setUint32(48, offsets.length, true);
  const link = libbpf.syscall(number, LINK_CREATE, attributes, ATTRIBUTES_BYTES);
  const reason = link < 0 ? libbpf.lastError() : "";
  libbpf.munmap(at, length);
  return link < 0 ? reason : link;
}

const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_PRIVATE = 2;
const MAP_ANONYMOUS = 32;
