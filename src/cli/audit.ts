import { type Command, Option } from "commander";
import type { Finding } from "../analysis/audit/index.ts";
import { createNodeRedactor } from "../analysis/redaction/node-redactor.ts";
import { describeExitCodes } from "../model/exit-code.ts";
import { Ledger, TaplineError } from "../model/index.ts";
import { refuseInputs } from "../sink/capture-file/refuse-inputs.ts";
import { auditFile } from "../source/capture-file/audit-file.ts";
import { listFiles } from "../source/capture-file/index.ts";
import { escapeControl, escapeControlInJson } from "../wire/text/escape-control.ts";
import { readRules } from "./flags/create-redactor.ts";
import { parseCount } from "./flags/option-values.ts";
import { defineRuleFlags, type RedactFlags } from "./flags/redact-flags.ts";
import { LastWords } from "./last-words.ts";

type AuditFlags = RedactFlags & { output: "table" | "ndjson"; count: number; memory: number; quiet?: true };

/** `tapline audit`: what looks like a secret in files of any kind. */
export function define(command: Command): void {
  command
    .argument("<files...>", "captures, traces, HAR, NDJSON, JSON, logs, any text, or folders of them; - is stdin")
    .addOption(
      new Option("-o, --output <format>", "a line, or an object, a finding")
        .choices(["table", "ndjson"])
        .default("table"),
    )
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
  const ledger = new Ledger();
  const words = new LastWords({ ledger, quiet: flags.quiet, books: "lossy" });
  const paths = listFiles(files);
  refuseInputs("-", paths);
  for (const path of paths) {
    let count = 0;
    const found = (finding: Finding): void => {
      if (++count <= flags.count) process.stdout.write(`${format(path, finding, flags.output)}\n`);
    };
    try {
      await auditFile(path, {
        redactor: createNodeRedactor(rules),
        rules,
        ledger,
        memory: flags.memory * 1024 * 1024,
        found,
        problem: (problem) => words.problem(problem),
      });
    } catch (error) {
      if (!(error instanceof TaplineError)) throw error;
      words.problem(error);
    }
    if (count > 0) words.endWith("found");
    if (flags.quiet !== true) process.stderr.write(`${path}: ${count === 0 ? "nothing" : count} found\n`);
  }
  process.exitCode = words.finish();
}

function format(file: string, { place, kind }: Finding, output: AuditFlags["output"]): string {
  if (output === "ndjson") return escapeControlInJson(JSON.stringify({ file, place, kind }));
  return escapeControl(`${file}: ${place}: ${kind}`);
}
