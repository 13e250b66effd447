/**
 * Runs commands in this process, one after another, and prints how each was refused, a line of JSON each: `{"code":2,"message":"…"}`;
 * `{}` where it was not. A command that is not refused may serve on: whoever starts this bounds its time.
 *
 * usage: node try-flags.ts [["read","--sort","nonsense"],…]
 */
import { Command, CommanderError } from "commander";
import { COMMANDS } from "../../src/cli/commands.ts";
import { formatError, TaplineError } from "../../src/model/index.ts";

const lines = JSON.parse(process.argv[2]!) as string[][];
const write = process.stdout.write.bind(process.stdout);
// Commands may print before they are refused.
process.stdout.write = () => true;
process.stderr.write = () => true;
for (const [name, ...args] of lines) write(`${JSON.stringify(await refusalOf(name!, args))}\n`);
process.exit();

async function refusalOf(name: string, args: readonly string[]): Promise<{ code?: number; message?: string }> {
  const command = quiet(new Command(name));
  (await COMMANDS.find((one) => one.name === name)!.load()).define(command);
  command.commands.forEach(quiet);
  try {
    await command.parseAsync(args, { from: "user" });
  } catch (error) {
    // As main.ts has it.
    if (error instanceof CommanderError) return { code: error.exitCode === 0 ? 0 : 2, message: error.message };
    if (error instanceof TaplineError) return { code: error.exitCode, message: formatError(error) };
    return { code: 1, message: `this is a bug: ${error}` };
  }
  return {};
}

function quiet(command: Command): Command {
  return command.exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} });
}
