import type { Libbpf } from "./libbpf.ts";

const BTF_KIND_ENUM = 6;

/**
 * The names of the running kernel's drop reasons (`enum skb_drop_reason`), whose numbers differ between kernels: `NO_SOCKET`, `TC_INGRESS`, …
 * Empty where the kernel has no types.
 */
export function readDropReasons(libbpf: Libbpf): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  const types = libbpf.btf__load_vmlinux_btf();
  if (types === null) return names;
  try {
    const id = libbpf.btf__find_by_name_kind(types, "skb_drop_reason", BTF_KIND_ENUM);
    if (id <= 0) return names;
    const type = libbpf.btf__type_by_id(types, id);
    // struct btf_type: name, info (the lower 16 bits: how many), size; then struct btf_enum: name, value.
    const count = new DataView(libbpf.koffi.view(type, 12)).getUint32(4, true) & 0xffff;
    const values = new DataView(libbpf.koffi.view(type, 12 + 8 * count));
    for (let at = 12; at < 12 + 8 * count; at += 8)
      names.set(
        values.getInt32(at + 4, true),
        libbpf.btf__name_by_offset(types, values.getUint32(at, true)).replace(/^SKB_DROP_REASON_/, ""),
      );
    return names;
  } finally {
    libbpf.btf__free(types);
  }
}
