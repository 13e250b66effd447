import { existsSync, readFileSync } from "node:fs";
import { release } from "node:os";
import { formatError, Ledger, MemoryBudget } from "../../../model/index.ts";
import { KernelAgent } from "../kernel-agent.ts";
import { BpfObject } from "../loader/bpf-object.ts";
import { loadLibbpf } from "../loader/libbpf.ts";
import { OptionalProbes } from "../loader/optional-probes.ts";
import { ProcessTable } from "../processes/process-table.ts";
import { listTlsLibraries } from "../tls/shared-libraries.ts";
import { describeCapabilities, heldCapabilities } from "./capabilities.ts";

/** One thing that was tried. */
export interface Finding {
  readonly group: "system" | "sockets" | "packets" | "tls" | "privileges";
  readonly what: string;
  readonly works: boolean;
  /** How it is, or why it does not work. */
  readonly detail: string;
  /** The way to mend it. */
  readonly remedy?: string;
}

const OPTIONAL = "the rest works without it";

const PROGRAMS: readonly (readonly [program: string, what: string, optional: boolean])[] = [
  ["on_exit", "system calls (tp_btf/sys_exit)", false],
  ["on_process_fork", "processes that are forked (tp_btf/sched_process_fork)", false],
  ["on_process_exec", "commands that are run (tp_btf/sched_process_exec)", false],
  ["on_process_exit", "processes that end (tp_btf/sched_process_exit)", false],
  ["on_enter", "how long calls take (tp_btf/sys_enter): for agent -c", true],
];

/** Tries what watching processes needs on this machine and with these privileges, by loading and attaching each program; detaches them again. */
export async function examineKernel(): Promise<Finding[]> {
  const findings = [...examineSystem(), ...describePrivileges()];
  try {
    await loadLibbpf();
    findings.push(ok("system", "koffi and libbpf.so.1", "loaded"));
  } catch (error) {
    findings.push(
      failed("system", "koffi and libbpf.so.1", formatError(error), "npm install koffi@3.3.4; apt install libbpf1"),
    );
    return findings;
  }
  let object: BpfObject | undefined;
  try {
    object = await BpfObject.open();
    for (const [program] of PROGRAMS) object.enable(program, true);
    object.load();
    findings.push(ok("sockets", "the programs load", "the kernel has verified them"));
    for (const [program, what, optional] of PROGRAMS) findings.push(attach(object, program, what, optional));
    findings.push(...examineLayers(object));
    findings.push(...attachUprobes(object));
    findings.push(await examineRing());
  } catch (error) {
    findings.push(failed("sockets", "the programs load", (error as Error).message, remedyOf()));
  } finally {
    object?.close();
  }
  return findings;
}

/** Whether `run` and `agent` work at all. */
export function canWatch(findings: readonly Finding[]): boolean {
  return findings.every(({ group, works, remedy }) => works || group !== "sockets" || remedy === OPTIONAL);
}

function examineSystem(): Finding[] {
  const btf = existsSync("/sys/kernel/btf/vmlinux");
  const cgroup2 = existsSync("/sys/fs/cgroup/cgroup.controllers");
  const lockdown = read("/sys/kernel/security/lockdown");
  return [
    ok("system", "kernel", `${release()} on ${process.arch}`),
    btf
      ? ok("system", "types of the kernel (BTF)", "/sys/kernel/btf/vmlinux")
      : failed("system", "types of the kernel (BTF)", "absent", "a kernel built with CONFIG_DEBUG_INFO_BTF"),
    ok(
      "system",
      "cgroups",
      cgroup2 ? "version 2" : existsSync("/sys/fs/cgroup/unified") ? "version 1, with 2 beside it" : "version 1",
    ),
    ok(
      "system",
      "tracefs",
      existsSync("/sys/kernel/tracing/events") ? "mounted (not needed)" : "not mounted (not needed)",
    ),
    ok(
      "system",
      "lockdown",
      lockdown === undefined ? "not known: securityfs is absent" : (/\[(\w+)\]/.exec(lockdown)?.[1] ?? lockdown),
    ),
  ];
}

function describePrivileges(): Finding[] {
  const held = heldCapabilities();
  return describeCapabilities(held).map(({ group, missing, needs }) =>
    missing.length === 0
      ? ok("privileges", group, `${needs.join(", ")}: there`)
      : failed("privileges", group, `missing: ${missing.join(", ")}`, `run it with ${needs.join(", ")}, or as root`),
  );
}

function attach(object: BpfObject, program: string, what: string, optional: boolean): Finding {
  const mark = object.attachments;
  const problem = object.attach(program);
  object.detachFrom(mark);
  if (problem === undefined) return ok("sockets", what, "attaches");
  return failed("sockets", what, problem, optional ? OPTIONAL : remedyOf());
}

/** Retransmissions, drops, and the times of layers: for --packets and agent -c. */
function examineLayers(object: BpfObject): Finding[] {
  const probes = OptionalProbes.attach(object, { packets: true, paths: true });
  probes.close();
  const tracepoints = probes.attached.filter((one) => one.startsWith("tp_btf/"));
  const functions = probes.attached.length - tracepoints.length;
  const findings = tracepoints.map((name) => ok("packets", name, "attaches"));
  if (probes.functions !== undefined)
    findings.push(ok("packets", `functions of the kernel by ${probes.functions}`, `${functions} programs attach`));
  for (const { probe, problem } of probes.missing) findings.push(failed("packets", probe, problem, WITHOUT_TIMES));
  return findings;
}

const WITHOUT_TIMES =
  "a kernel with CONFIG_KPROBES and without lockdown; what it would tell is 0 (times of IP, netfilter, neighbours)";

/** On the first TLS library that there is. */
function attachUprobes(object: BpfObject): Finding[] {
  const [library] = listTlsLibraries();
  if (library === undefined) return [ok("tls", "uprobes", "not tried: there is no shared TLS library here")];
  const { path, site } = library;
  return (["tls_read", "tls_read_return"] as const).map((program) => {
    const mark = object.attachments;
    const problem = object.attachUprobe(program, path, site, { atReturn: program === "tls_read_return" });
    object.detachFrom(mark);
    const what = program === "tls_read" ? "uprobes" : "return probes";
    return problem === undefined
      ? ok("tls", what, `attach (to ${path})`)
      : failed("tls", what, `${problem} (${path})`, "CAP_SYS_ADMIN: without it TLS is shown encrypted");
  });
}

async function examineRing(): Promise<Finding> {
  const what = "the ring is mapped, and what this process says comes through";
  try {
    const agent = await KernelAgent.start({
      observer: { observe() {} },
      ledger: new Ledger(),
      budget: new MemoryBudget(1024 * 1024),
      processes: new ProcessTable(),
      ringBytes: 64 * 1024,
    });
    agent.close();
    return ok("sockets", what, "yes");
  } catch (error) {
    return failed("sockets", what, (error as Error).message, remedyOf());
  }
}

function remedyOf(): string {
  return process.getuid?.() === 0
    ? "Linux 5.17 or later with BTF; in a container: its privileges"
    : "root, or CAP_BPF and CAP_PERFMON";
}

function ok(group: Finding["group"], what: string, detail: string): Finding {
  return { group, what, works: true, detail };
}

function failed(group: Finding["group"], what: string, detail: string, remedy: string): Finding {
  return { group, what, works: false, detail, remedy };
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return undefined;
  }
}
