import type { Command } from "commander";
import type { ClusterAccess } from "../../sink/kubernetes/cluster.ts";

/** Flags of everything that is put into a cluster. */
export interface ClusterFlags extends ClusterAccess {
  readonly dryRun?: true;
  readonly diff?: true;
  readonly remove?: true;
  readonly forceConflicts?: true;
}

/** @param texts of `--dry-run`, of `--remove`, and of `--purge` where there is one */
export function defineClusterFlags(
  command: Command,
  texts: { readonly dryRun: string; readonly remove: string; readonly purge?: string },
): void {
  command.option("--dry-run", texts.dryRun).option("--diff", "tell what would change").option("--remove", texts.remove);
  if (texts.purge !== undefined) command.option("--purge", texts.purge);
  command
    .option("--force-conflicts", "take fields over that others own")
    .option("--kubeconfig <file>", "default as kubectl finds it")
    .option("--context <name>", "of the kubeconfig");
}
