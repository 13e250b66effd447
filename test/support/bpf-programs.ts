import { readdirSync, readFileSync } from "node:fs";
import { loadKoffi } from "../../src/source/ebpf/loader/load-koffi.ts";

/** The numbers of programs and links that a process holds in the kernel. */
export function heldPrograms(pid: number): { readonly programs: number[]; readonly links: number[] } {
  const programs = new Set<number>();
  const links = new Set<number>();
  for (const fd of readdirSync(`/proc/${pid}/fdinfo`)) {
    const text = readFdInfo(pid, fd);
    const [link, program] = [/^link_id:\s*(\d+)/m, /^prog_id:\s*(\d+)/m].map((line) => line.exec(text)?.[1]);
    if (link !== undefined) links.add(Number(link));
    if (program !== undefined) programs.add(Number(program));
  }
  return { programs: [...programs], links: [...links] };
}

/** Those of them that the kernel still has. */
export async function findLeft({ programs, links }: ReturnType<typeof heldPrograms>): Promise<string[]> {
  const koffi = await loadKoffi();
  const library = koffi.load("libbpf.so.1");
  const libc = koffi.load(null);
  const close = libc.func("int close(int fd)");
  const isThere = (open: (id: number) => number) => (id: number) => {
    const fd = open(id);
    if (fd >= 0) close(fd);
    return fd >= 0;
  };
  const program = isThere(library.func("int bpf_prog_get_fd_by_id(uint32_t id)"));
  const link = isThere(library.func("int bpf_link_get_fd_by_id(uint32_t id)"));
  return [...programs.filter(program).map((id) => `program ${id}`), ...links.filter(link).map((id) => `link ${id}`)];
}

/** A descriptor may be closed meanwhile. */
function readFdInfo(pid: number, fd: string): string {
  try {
    return readFileSync(`/proc/${pid}/fdinfo/${fd}`, "utf8");
  } catch {
    return "";
  }
}
