import { readFileSync } from "node:fs";

/** Numbers of capabilities (include/uapi/linux/capability.h). */
const CAPABILITIES = { SYS_PTRACE: 19, SYS_ADMIN: 21, PERFMON: 38, BPF: 39 } as const;
type Capability = keyof typeof CAPABILITIES;

/** The least that each part wants. CAP_SYS_ADMIN stands for CAP_BPF and CAP_PERFMON, too. */
const GROUPS: readonly (readonly [group: string, needs: readonly Capability[]])[] = [
  ["sockets", ["BPF", "PERFMON"]],
  ["TLS (uprobes)", ["BPF", "PERFMON", "SYS_ADMIN"]],
  ["libraries and commands of other users' processes", ["SYS_PTRACE"]],
];

/** The capabilities that this process has in effect. */
export function heldCapabilities(status = readFileSync("/proc/self/status", "utf8")): ReadonlySet<Capability> {
  const mask = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
  const held = (Object.entries(CAPABILITIES) as [Capability, number][]).filter(([, bit]) => (mask >> BigInt(bit)) & 1n);
  return new Set(held.map(([name]) => name));
}

/** Lists what each part needs, and what of that is missing. */
export function describeCapabilities(
  held: ReadonlySet<Capability>,
): { readonly group: string; readonly needs: string[]; readonly missing: string[] }[] {
  const has = (one: Capability): boolean =>
    held.has(one) || ((one === "BPF" || one === "PERFMON") && held.has("SYS_ADMIN"));
  const named = (all: readonly Capability[]): string[] => all.map((one) => `CAP_${one}`);
  return GROUPS.map(([group, needs]) => ({
    group,
    needs: named(needs),
    missing: named(needs.filter((one) => !has(one))),
  }));
}
