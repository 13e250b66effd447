import type { Command } from "commander";
import type { Finding } from "../analysis/audit/index.ts";
import { createNodeRedactor } from "../analysis/redaction/node-redactor.ts";
import { describeExitCodes, EXIT_CODES, worstExitCode } from "../model/exit-code.ts";
import { Ledger, TaplineError } from "../model/index.ts";
import { auditFile } from "../source/capture-file/audit-file.ts";
import { escapeControl, escapeControlInJson } from "../wire/text/escape-control.ts";
import { readRules } from "./flags/create-redactor.ts";
import { parseCount } from "./flags/option-values.ts";
import { defineRuleFlags, type RedactFlags } from "./flags/redact-flags.ts";
import { errorLine } from "./process/error-line.ts";

type AuditFlags = RedactFlags & { output: "table" | "ndjson"; count: number; memory: number; quiet?: true };

/** `tapline audit`: what looks like a secret in files of any kind. */
export function define(command: Command): void {
  command
    .argument("<files...>", "captures, traces, HAR, NDJSON, JSON, logs, any text; - is stdin")
    .option("-o, --output <format>", "table, or ndjson: one object a finding", "table")
    .option("-c, --count <n>", "tell so many a file at most; the rest is counted", parseCount, 1000)
    .option("--memory <MiB>", "how much may be buffered in all", parseCount, 80)
    .option("-q, --quiet", "do not print the sums");
  defineRuleFlags(command);
  command
    .addHelpText(
      "after",
      `
Values are never printed. Exit codes: ${describeExitCodes(["done", "failed", "usage", "found"])}.

Examples:
  tapline audit session.har trace.json
  tapline audit --redact-pii email,iban capture.pcapng
  git diff --staged | tapline audit -`,
    )
    .action(audit);
}

async function audit(files: string[], flags: AuditFlags): Promise<void> {
  const rules = readRules(flags);
  let sum = 0;
  let failed: TaplineError | undefined;
  for (const path of files) {
    let count = 0;
    const found = (finding: Finding): void => {
      if (++count <= flags.count) process.stdout.write(`${format(path, finding, flags.output)}\n`);
    };
    const fail = (problem: TaplineError): void => {
      failed = problem;
      process.stderr.write(`tapline: ${errorLine(problem)}\n`);
    };
    try {
      await auditFile(path, {
        redactor: createNodeRedactor(rules),
        rules,
        ledger: new Ledger(),
        memory: flags.memory * 1024 * 1024,
        found,
        problem: fail,
      });
    } catch (error) {
      if (!(error instanceof TaplineError)) throw error;
      fail(error);
    }
    sum += count;
    if (flags.quiet !== true) process.stderr.write(`${path}: ${count === 0 ? "nothing" : count} found\n`);
  }
  const codes = [sum > 0 ? EXIT_CODES.found.code : EXIT_CODES.done.code, failed?.exitCode ?? EXIT_CODES.done.code];
  process.exitCode = worstExitCode(codes);
}

function format(file: string, { place, kind }: Finding, output: AuditFlags["output"]): string {
  if (output === "ndjson") return escapeControlInJson(JSON.stringify({ file, place, kind }));
  return escapeControl(`${file}: ${place}: ${kind}`);
}
