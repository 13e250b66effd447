import { ApplyRun, type ApplyRunOptions, type DeploymentResult } from "../apply-run.ts";
import { removeObjects } from "../remove-objects.ts";
import { buildAgent } from "./agent-objects.ts";
import type { AgentDeployment } from "./agent-options.ts";

const ENFORCED = "pod-security.kubernetes.io/enforce";

/** Puts agents onto the nodes: applied again, nothing changes. A namespace that admits no such pods is told, and nothing is applied. */
export async function deployAgent(options: AgentDeployment, environment: ApplyRunOptions): Promise<DeploymentResult> {
  const { cluster, tell } = environment;
  const { namespace } = options;
  const run = new ApplyRun(environment);
  const found = await cluster.read({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  const level = found?.metadata.labels?.[ENFORCED];
  if (found === undefined || (level !== undefined && level !== "privileged")) {
    tell(
      found === undefined
        ? `${namespace}: there is no such namespace`
        : `${namespace}: it admits ${level} pods only, and an agent sees the node's processes: kubectl label namespace ${namespace} ${ENFORCED}=privileged --overwrite`,
    );
    return { changed: false, failed: true };
  }
  for (const object of buildAgent(options)) {
    if (run.failed) return run;
    await run.apply(object);
  }
  return run;
}

/** Takes them back. */
export function removeAgent(
  options: AgentDeployment,
  environment: Pick<ApplyRunOptions, "cluster" | "mode" | "tell">,
): Promise<DeploymentResult> {
  return removeObjects(buildAgent(options), environment);
}
