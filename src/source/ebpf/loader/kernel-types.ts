import type { Libbpf } from "./libbpf.ts";

/** Names in the running kernel's type information (BTF). */
export interface KernelTypes {
  /** Whether there is a function of this name that is no part of another one. */
  hasFunction(name: string): boolean;
  hasTracepoint(name: string): boolean;
}

const KIND_TYPEDEF = 8;
const KIND_FUNCTION = 12;

/** Calls `use` with the kernel's types; gives `otherwise` where it has none. */
export function withKernelTypes<Result>(
  libbpf: Libbpf,
  otherwise: Result,
  use: (types: KernelTypes) => Result,
): Result {
  const types = libbpf.btf__load_vmlinux_btf();
  if (types === null) return otherwise;
  const has = (name: string, kind: number): boolean => libbpf.btf__find_by_name_kind(types, name, kind) > 0;
  try {
    return use({
      hasFunction: (name) => has(name, KIND_FUNCTION),
      hasTracepoint: (name) => has(`btf_trace_${name}`, KIND_TYPEDEF),
    });
  } finally {
    libbpf.btf__free(types);
  }
}
