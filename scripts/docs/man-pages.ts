import { Command } from "commander";
import { COMMANDS } from "../../src/cli/commands.ts";
import { describeOption } from "../../src/cli/process/describe-option.ts";
import { ENVIRONMENT } from "../../src/cli/process/environment.ts";
import { EXIT_CODES, VERSION } from "../../src/model/index.ts";

/** A page of the manual, section 1, in the macros of man(7). */
export interface ManPage {
  /** tapline-read.1 */
  readonly file: string;
  readonly text: string;
}

/** One page of `tapline`, and one of each command, made from what `--help` says. Their date is none: the same sources make the same pages. */
export async function makeManPages(): Promise<ManPage[]> {
  const shown = COMMANDS.filter(({ hidden }) => hidden !== true);
  const pages = await Promise.all(
    shown.map(async ({ name, summary, load }) => {
      const command = new Command(name).summary(summary).description(summary);
      (await load()).define(command);
      return { file: `tapline-${name}.1`, text: makeCommandPage(command, `tapline-${name}`, `tapline ${name}`) };
    }),
  );
  return [{ file: "tapline.1", text: makeMainPage(shown) }, ...pages];
}

function makeMainPage(commands: readonly { readonly name: string; readonly summary: string }[]): string {
  return [
    head("tapline", "see what really went over the wire"),
    ".SH SYNOPSIS",
    "\\fBtapline\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR...] [\\fIARGUMENT\\fR...]",
    ".SH DESCRIPTION",
    roff(
      "Taps network traffic wherever it can be reached, understands it, and hands it on in every form other tools speak.",
    ),
    ".SH COMMANDS",
    ...commands.flatMap(({ name, summary }) => [".TP", `\\fBtapline\\-${roff(name)}\\fR(1)`, roff(summary)]),
    ...makeExitStatus(),
    ...makeEnvironment(),
    ".SH SEE ALSO",
    "The pages in docs/ say everything.",
    "",
  ].join("\n");
}

function makeCommandPage(command: Command, title: string, call: string): string {
  const subcommands = command.commands as readonly Command[];
  return [
    head(title, command.summary()),
    ".SH SYNOPSIS",
    ...[command, ...subcommands].flatMap((one, at) => [
      ...(at === 0 ? [] : [".br"]),
      `\\fB${roff(at === 0 ? call : `${call} ${one.name()}`)}\\fR ${roff(one.usage())}`,
    ]),
    ".SH DESCRIPTION",
    roff(command.description()),
    ...makeOptions("OPTIONS", command),
    ...subcommands.flatMap((one) => makeOptions(`OPTIONS OF ${one.name().toUpperCase()}`, one, one.description())),
    ...makeRest([command, ...subcommands]),
    ...makeExitStatus(),
    ...makeEnvironment(title.slice("tapline-".length)),
    ".SH SEE ALSO",
    "\\fBtapline\\fR(1)",
    "",
  ].join("\n");
}

function makeOptions(title: string, command: Command, description = ""): string[] {
  const help = command.createHelp();
  const entries = [
    ...help.visibleArguments(command).map((argument) => [argument.name(), help.argumentDescription(argument)] as const),
    ...help.visibleOptions(command).map((option) => [option.flags, describeOption.call(help, option)] as const),
  ];
  return [
    `.SH ${roff(title)}`,
    ...(description === "" ? [] : [roff(description)]),
    ...entries.flatMap(([name, text]) => [".TP", `\\fB${roff(name)}\\fR`, roff(text)]),
  ];
}

/** The texts below the options: examples, as they are typed, and what else is said there. */
function makeRest(commands: readonly Command[]): string[] {
  const notes: string[] = [];
  const examples: string[] = [];
  for (const command of commands) {
    const [before, typed = ""] = readHelpBelow(command).split(/^Examples:$/m);
    notes.push(...paragraphs(before!.replace(/(?:[^.\n]*docs\/[^.\n]*\. )?Exit codes:[\s\S]*?\.(?=\n|$)/, "")));
    examples.push(
      ...typed
        .trim()
        .split("\n")
        .filter((line) => line !== ""),
    );
  }
  return [
    ...(notes.length === 0 ? [] : [".SH NOTES", ...notes]),
    ...(examples.length === 0 ? [] : [".SH EXAMPLES", ".nf", ...examples.map((line) => roff(line.trim())), ".fi"]),
  ];
}

function readHelpBelow(command: Command): string {
  const parts: string[] = [];
  command.configureOutput({ writeOut: (part) => void parts.push(part) });
  command.outputHelp();
  return parts.join("").slice(command.helpInformation().length);
}

function paragraphs(text: string): string[] {
  if (text.trim() === "") return [];
  return text
    .trim()
    .split(/\n\n+/)
    .flatMap((part, at) => [...(at === 0 ? [] : [".PP"]), ...part.split("\n").map((line) => roff(line.trim()))]);
}

function makeExitStatus(): string[] {
  return [
    ".SH EXIT STATUS",
    ...Object.values(EXIT_CODES).flatMap(({ code, meaning }) => [".TP", `\\fB${code}\\fR`, roff(meaning)]),
  ];
}

function makeEnvironment(command?: string): string[] {
  const rows = ENVIRONMENT.filter(
    ({ commands }) => command === undefined || commands.length === 0 || commands.includes(command),
  );
  return [
    ".SH ENVIRONMENT",
    ...rows.flatMap(({ name, meaning }) => [".TP", `\\fB${roff(name)}\\fR`, roff(meaning.replaceAll("`", ""))]),
  ];
}

function head(title: string, summary: string): string {
  return `.TH ${roff(title.toUpperCase())} 1 "" "tapline ${VERSION}" "Tapline"\n.SH NAME\n${roff(title)} \\- ${roff(summary)}`;
}

/** Backslashes and dashes as they are, and no line that begins as a macro does. */
function roff(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/^(?=[.'])/gm, "\\&")
    .replace(
      /[^\x00-\x7f]/gu,
      (letter) => `\\[u${letter.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}]`,
    );
}
