import { type Command, InvalidArgumentError, Option } from "commander";
import { canWatch, examineKernel, type Finding } from "../source/ebpf/doctor/examine.ts";
import { examineProcesses, type ProcessTls } from "../source/ebpf/doctor/examine-processes.ts";
import { escapeControl } from "../wire/text/escape-control.ts";

interface DoctorFlags {
  output: "table" | "json";
  pid: number[];
}

/** `tapline doctor`: what can be watched here. */
export function define(command: Command): void {
  command
    .addOption(new Option("-o, --output <format>", "what to print").choices(["table", "json"]).default("table"))
    .option("--pid <pid>", "the TLS libraries of this process only; may be repeated", collectPid, [])
    .addHelpText(
      "after",
      `
Each program is loaded and attached, and detached again: what is said to work does. Ends with 1 where run and agent cannot work.

Examples:
  sudo tapline doctor
  sudo tapline doctor --pid 4711 -o json`,
    )
    .action(runDoctor);
}

async function runDoctor({ output, pid }: DoctorFlags): Promise<void> {
  const findings = await examineKernel();
  const processes = examineProcesses(pid.length === 0 ? undefined : pid);
  if (output === "json") process.stdout.write(`${JSON.stringify({ findings, processes }, undefined, 2)}\n`);
  else
    for (const line of [...findings.map(formatFinding), ...formatProcesses(processes)])
      process.stdout.write(`${line}\n`);
  if (!canWatch(findings)) process.exitCode = 1;
}

function formatFinding({ group, what, works, detail, remedy }: Finding): string {
  const line = `${works ? "yes" : "NO "}  ${group.padEnd(10)}  ${what}: ${detail}`;
  return remedy === undefined ? line : `${line}\n     ${" ".repeat(10)}  → ${remedy}`;
}

function formatProcesses(processes: readonly ProcessTls[]): string[] {
  if (processes.length === 0) return [];
  return [
    "",
    "TLS of processes",
    ...processes.flatMap(({ pid, command, seen, problems }) => [
      ...seen.map((what) => `yes  ${escapeControl(`${pid} ${command}: ${what}`)}`),
      ...problems.map((what) => `NO   ${escapeControl(`${pid} ${command}: ${what}`)}`),
    ]),
  ];
}

function collectPid(text: string, before: readonly number[]): number[] {
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new InvalidArgumentError("Expected the number of a process.");
  return [...before, Number(text)];
}
