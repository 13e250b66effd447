import { Command } from "commander";
import { COMMANDS } from "../../src/cli/commands.ts";
import { describeOption } from "../../src/cli/process/describe-option.ts";
import { makeTable } from "./tables.ts";

/** All flags of all commands, as `--help` has them, each with the commands that take it. */
export async function makeFlagTable(): Promise<string> {
  const rows = new Map<string, { readonly flags: string; readonly text: string; readonly commands: string[] }>();
  for (const { name, hidden, load } of COMMANDS) {
    if (hidden === true) continue;
    const command = new Command(name);
    (await load()).define(command);
    for (const [call, one] of [[name, command] as const, ...subcommandsOf(name, command)]) {
      const help = one.createHelp();
      for (const option of help.visibleOptions(one)) {
        const text = describeOption.call(help, option);
        const key = `${option.flags}\n${text}`;
        const row = rows.get(key) ?? { flags: option.flags, text, commands: [] };
        rows.set(key, row);
        row.commands.push(`\`${call}\``);
      }
    }
  }
  const sorted = [...rows.values()].sort((a, b) => (nameOf(a.flags) < nameOf(b.flags) ? -1 : 1));
  return makeTable(
    ["flag", "of", "what"],
    sorted.map(({ flags, text, commands }) => [`\`${flags}\``, commands.join(", "), text.replace(/[<>*_]/g, "\\$&")]),
  );
}

function subcommandsOf(name: string, command: Command): (readonly [string, Command])[] {
  return command.commands.map((one) => [`${name} ${one.name()}`, one as Command] as const);
}

function nameOf(flags: string): string {
  return (/--([\w-]+)/.exec(flags)?.[1] ?? flags.replace(/^-+/, "")).toLowerCase();
}
