import { Argument, Command } from "commander";
import type { ListedCommand } from "./commands.ts";
import { findOptionWords } from "./completion/option-words.ts";
import { type CompletedCommand, type CompletedOption, SHELLS, writeCompletion } from "./completion/write-completion.ts";

/** `tapline completion bash|zsh|fish`: a script for the shell, with every command's options, and the words that their values are made of. */
export function defineFor(commands: readonly ListedCommand[]): (command: Command) => void {
  return (command) => {
    command
      .addArgument(new Argument("<shell>", "whose script is printed").choices(SHELLS))
      .addHelpText(
        "after",
        `
Examples:
  tapline completion bash > /etc/bash_completion.d/tapline
  tapline completion zsh > "\${fpath[1]}/_tapline"
  tapline completion fish > ~/.config/fish/completions/tapline.fish`,
      )
      .action(async (shell: (typeof SHELLS)[number]) => {
        const shown = commands.filter(({ hidden }) => hidden !== true);
        process.stdout.write(writeCompletion(shell, await Promise.all(shown.map(describe))));
      });
  };
}

async function describe({ name, summary, load }: ListedCommand): Promise<CompletedCommand> {
  const command = new Command(name);
  (await load()).define(command);
  return describeCommand(command, summary);
}

function describeCommand(command: Command, summary: string): CompletedCommand {
  const options = command.options
    .filter(({ hidden }) => !hidden)
    .map(({ long, short, description, required, optional, argChoices }): CompletedOption => {
      const words = argChoices === undefined ? findOptionWords(long ?? "") : { words: argChoices, isList: false };
      return {
        names: [short, long].filter((flag) => flag !== undefined && flag !== null),
        description: description.split("\n")[0]!,
        takesValue: required || optional,
        ...(words !== undefined && { value: words }),
      };
    });
  return {
    name: command.name(),
    summary,
    words: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
    options: [...options, { names: ["-h", "--help"], description: "show help", takesValue: false }],
    commands: command.commands.map((inner) => describeCommand(inner, inner.description())),
  };
}
