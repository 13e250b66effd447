import type { ApplyRunOptions, DeploymentResult } from "./apply-run.ts";
import { type ClusterObject, MANAGED, nameObject } from "./cluster-object.ts";

/**
 * Takes objects back, the last first; those that somebody else put there are left, and told.
 * @param stays objects that are left, and why
 */
export async function removeObjects(
  objects: readonly ClusterObject[],
  { cluster, mode, tell }: Pick<ApplyRunOptions, "cluster" | "mode" | "tell">,
  stays: (object: ClusterObject) => string | undefined = () => undefined,
): Promise<DeploymentResult> {
  let changed = false;
  let failed = false;
  for (const object of [...objects].reverse()) {
    const found = await cluster.read(object);
    if (found === undefined) continue;
    const what = `${object.metadata.namespace ?? "cluster"}: ${nameObject(object)}`;
    const reason = stays(object);
    if (!isOurs(found)) {
      tell(`${what} is not ours: left as it is`);
      failed = true;
    } else if (reason !== undefined) tell(`${what} stays (${reason})`);
    else {
      if (mode === "apply") await cluster.delete(object);
      tell(`${what} ${mode === "apply" ? "deleted" : "would be deleted"}`);
      changed = true;
    }
  }
  return { changed, failed };
}

function isOurs({ metadata }: ClusterObject): boolean {
  return Object.entries(MANAGED).every(([name, value]) => metadata.labels?.[name] === value);
}
