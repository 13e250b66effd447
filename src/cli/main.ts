import { Command, CommanderError } from "commander";
import { describeExitCodes, VERSION } from "../model/index.ts";
import { COMMANDS } from "./commands.ts";
import { describeOption } from "./process/describe-option.ts";
import { runAction } from "./process/run-action.ts";

const program = new Command("tapline")
  .description(
    "Taps network traffic wherever it can be reached, understands it, and hands it on in every form other tools speak.",
  )
  .version(VERSION, "-V, --version")
  .showHelpAfterError("(tapline --help lists the commands)")
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "tapline: ")) })
  .configureHelp({ optionDescription: describeOption })
  .addHelpText(
    "after",
    `
tapline help COMMAND says more of each, with examples. The pages in docs/ say everything.

Examples:
  tapline up --upstream 127.0.0.1:8080
  tapline read capture.pcapng -Y 5xx
  tapline convert trace.pb trace.pcapng

Exit codes: ${describeExitCodes(["done", "failed", "usage", "nothingMatched"])},
${describeExitCodes(["dataMissing", "found", "interrupted"])}.`,
  )
  .enablePositionalOptions()
  .exitOverride();

const args = process.argv.slice(2);
// Help for a command that does not exist says what running it would say.
if (args[0] === "help" && args[1] !== undefined && !COMMANDS.some(({ name }) => name === args[1])) args.shift();
const [asked] = args;
for (const { name, summary, load, hidden } of COMMANDS) {
  const command = program
    .command(name, { hidden: hidden === true })
    .summary(summary)
    .description(summary)
    .showHelpAfterError(`(tapline ${name} --help says more)`)
    .exitOverride();
  if (name === asked || (asked === "help" && args[1] === name)) (await load()).define(command);
}

await runAction(async () => {
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  }
});
