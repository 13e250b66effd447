import type { Command } from "commander";
import { PERSONAL_CLASSES } from "../../analysis/redaction/values/personal-values.ts";

/** The flags' values, as they were written. */
export interface RedactFlags {
  redact?: boolean;
  redactNames?: string[];
  redactHeaders?: string[];
  redactExcept?: string[];
  redactPii?: true | string;
  redactKey?: string;
}

export function defineRedactFlags(command: Command, what = "show credentials"): void {
  command.option("--no-redact", what);
  defineRuleFlags(command);
  command.option("--redact-key <file>", "equal secrets get equal marks in every run with this key (16 bytes or more)");
}

/** The secrets beside those that always are. */
export function defineRuleFlags(command: Command): void {
  command
    .option("--redact-names <names>", "hide what is called so too, in bodies and URLs: iban,customer_no", splitNames)
    .option("--redact-headers <names>", "hide these headers too", splitNames)
    .option("--redact-except <names>", "show what is called so", splitNames)
    .option("--redact-pii [classes]", `hide personal data: ${PERSONAL_CLASSES.join(",")}, or some of them`);
}

/** The names of a list with commas. */
export function splitNames(list: string): string[] {
  return list
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}
