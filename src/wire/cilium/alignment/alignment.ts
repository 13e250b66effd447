import type { Dialect } from "../dialect.ts";
import { readStructLayouts } from "./struct-layouts.ts";

/** One struct of the datapath that we decode, as we take it to be laid out. */
export interface ExpectedStruct {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Bytes from the beginning. */
  readonly offsets: Readonly<Record<string, number>>;
}

/** The result of comparing one struct. */
export interface AlignmentResult {
  readonly struct: string;
  /** How many fields were compared. */
  readonly fields: number;
  /** Nothing when the struct is laid out as we take it to be. */
  readonly problems: readonly string[];
}

const COMMON = { type: 0, subtype: 1, source: 2, hash: 4 };
const CAPTURE = { ...COMMON, len_orig: 8, len_cap: 12, version: 14 };

// Of drops v1.9 reads the captured length with the version behind it, and of debug captures it has the names of the two lengths
// the other way round than the datapath: neither is held against the object, as Cilium's own check does not.
const EARLY: readonly ExpectedStruct[] = [
  {
    name: "trace_notify",
    size: 48,
    offsets: { ...CAPTURE, src_label: 16, dst_label: 20, dst_id: 24, reason: 26, ipv6: 27, ifindex: 28, $union0: 32 },
  },
  {
    name: "drop_notify",
    size: 32,
    offsets: { ...COMMON, len_orig: 8, len_cap: 12, src_label: 16, dst_label: 20, dst_id: 24, unused: 28 },
  },
  {
    name: "policy_verdict_notify",
    size: 32,
    offsets: { ...CAPTURE, remote_label: 16, verdict: 20, dst_port: 24, proto: 26, dir: 27, pad1: 28 },
  },
  { name: "debug_msg", size: 20, offsets: { ...COMMON, arg1: 8, arg2: 12, arg3: 16 } },
  { name: "debug_capture_msg", size: 24, offsets: { ...COMMON, arg1: 16, arg2: 20 } },
];

const LATER_CAPTURE = { ...CAPTURE, ext_version: 15 };

const LATER: readonly ExpectedStruct[] = [
  {
    name: "trace_notify",
    size: 56,
    offsets: {
      ...LATER_CAPTURE,
      src_label: 16,
      dst_label: 20,
      dst_id: 24,
      reason: 26,
      flags: 27,
      ifindex: 28,
      $union0: 32,
      ip_trace_id: 48,
    },
  },
  {
    name: "drop_notify",
    size: 48,
    offsets: {
      ...LATER_CAPTURE,
      src_label: 16,
      dst_label: 20,
      dst_id: 24,
      line: 28,
      file: 30,
      ext_error: 31,
      ifindex: 32,
      flags: 36,
      pad2: 37,
      ip_trace_id: 40,
    },
  },
  {
    name: "policy_verdict_notify",
    size: 40,
    offsets: {
      ...LATER_CAPTURE,
      remote_label: 16,
      verdict: 20,
      dst_port: 24,
      proto: 26,
      dir: 27,
      auth_type: 28,
      pad1: 29,
      cookie: 32,
      pad2: 36,
    },
  },
  { name: "debug_msg", size: 20, offsets: { ...COMMON, arg1: 8, arg2: 12, arg3: 16 } },
  { name: "debug_capture_msg", size: 24, offsets: { ...LATER_CAPTURE, arg1: 16, arg2: 20 } },
  {
    name: "trace_sock_notify",
    size: 40,
    offsets: {
      type: 0,
      xlate_point: 1,
      l4_proto: 2,
      ipv6: 3,
      dst_port: 4,
      pad2: 6,
      sock_cookie: 8,
      cgroup_id: 16,
      dst_ip: 24,
    },
  },
];

/** The structs that messages of a version have. */
export function expectedStructs(dialect: Dialect): readonly ExpectedStruct[] {
  return dialect === "v1.9" ? EARLY : LATER;
}

/**
 * Compares the structs in an eBPF object's BTF, or DWARF where BTF lacks them, with ours, size and field by field: Go's
 * CheckStructAlignments.
 * @returns a result for each struct, or what is wrong with the file
 */
export function checkStructAlignments(file: Uint8Array, dialect: Dialect): readonly AlignmentResult[] | string {
  const expected = expectedStructs(dialect);
  const names = expected.map(({ name }) => name);
  const layouts = readStructLayouts(file, names);
  if (typeof layouts === "string") return layouts;
  return expected.map(({ name, size, offsets }) => {
    const layout = layouts.get(name);
    const fields = Object.entries(offsets);
    if (layout === undefined) return { struct: name, fields: 0, problems: [`there is no struct ${name}`] };
    const problems: string[] = [];
    if (layout.size !== size) problems.push(`${name} has ${layout.size} bytes, expected ${size}`);
    const found = new Map(layout.members.map((member) => [member.name, member.offset]));
    for (const [field, offset] of fields) {
      const there = found.get(field);
      if (there === undefined) problems.push(`${name}.${field} is not there, expected at ${offset}`);
      else if (there !== offset) problems.push(`${name}.${field} is at ${there}, expected at ${offset}`);
    }
    return { struct: name, fields: fields.length, problems };
  });
}
