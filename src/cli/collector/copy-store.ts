import type { Command } from "commander";
import { backupStore, type CopyResult, restoreStore } from "../../collector/store/backup-store.ts";
import { TaplineError } from "../../model/index.ts";

/** `tapline collector backup` and `restore`. */
export function defineCopies(command: Command): void {
  command
    .command("backup")
    .description("Copies what is kept into a new folder, also while the collector runs.")
    .argument("<folder>", "where to: new, or empty")
    .action(async (folder: string) => {
      const data = dataOf(command);
      tell(await backupStore(data, folder), `from ${data} into ${folder}`);
    });
  command
    .command("restore")
    .description("Puts what was backed up into --data, which must have nothing yet.")
    .argument("<folder>", "what backup made")
    .action((folder: string) => {
      const data = dataOf(command);
      tell(restoreStore(folder, data), `from ${folder} into ${data}`);
    });
}

/** @throws TaplineError `usage` where exchanges are kept in a database */
function dataOf(command: Command): string {
  const { data, store } = command.opts<{ data: string; store?: unknown }>();
  if (store === undefined) return data;
  throw new TaplineError("usage", "--store: a database is copied by its own means", {
    hint: "BACKUP DATABASE … TO Disk(…), RESTORE DATABASE … FROM Disk(…)",
  });
}

function tell({ segments, exchanges }: CopyResult, where: string): void {
  process.stdout.write(`${exchanges} exchanges in ${segments} segments copied ${where}\n`);
}
