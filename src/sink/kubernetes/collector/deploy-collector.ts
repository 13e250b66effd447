import { randomBytes } from "node:crypto";
import { ApplyRun, type ApplyRunOptions, type DeploymentResult } from "../apply-run.ts";
import { removeObjects } from "../remove-objects.ts";
import { buildCollector, buildSecret, volumesOf } from "./collector-objects.ts";
import type { CollectorDeployment } from "./collector-options.ts";

/** Puts a collector into a namespace: applied again, nothing changes, and its tokens stay as they are. */
export async function deployCollector(
  options: CollectorDeployment,
  environment: ApplyRunOptions,
): Promise<DeploymentResult> {
  const { cluster, tell } = environment;
  const { namespace, name } = options;
  const run = new ApplyRun(environment);
  if ((await cluster.read({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } })) === undefined) {
    tell(`${namespace}: there is no such namespace`);
    return { changed: false, failed: true };
  }
  const secret = buildSecret(options, { page: makeToken(), ingest: makeToken() });
  if ((await cluster.read(secret)) === undefined) {
    if (environment.mode === "apply") await run.apply(secret);
    else tell(`${namespace}: secret/${name} would be created`);
  } else tell(`${namespace}: secret/${name} unchanged`);
  for (const object of buildCollector(options)) {
    if (run.failed) return run;
    await run.apply(object);
  }
  return run;
}

/**
 * Takes a collector back. The volume, with everything that was kept, and the tokens stay, unless `purge` says otherwise.
 */
export async function removeCollector(
  options: CollectorDeployment,
  environment: Pick<ApplyRunOptions, "cluster" | "mode" | "tell">,
  purge: boolean,
): Promise<DeploymentResult> {
  // Whoever takes it back need not say again how it was put there.
  const several = { ...options, store: { address: "", replicas: 0 } };
  const replicas = buildCollector(several).at(-1)!;
  const found = (await environment.cluster.read(replicas)) as { spec?: { replicas?: number } } | undefined;
  const workload = found === undefined ? [] : [...volumesOf(several, found.spec?.replicas ?? 0), replicas];
  const objects = [
    buildSecret(options, { page: "", ingest: "" }),
    ...workload,
    ...buildCollector({ ...options, store: undefined }),
  ];
  return removeObjects(objects, environment, ({ kind }) =>
    KEPT.has(kind) && !purge ? "--purge removes it" : undefined,
  );
}

const KEPT: ReadonlySet<string> = new Set(["PersistentVolumeClaim", "Secret"]);

function makeToken(): string {
  return randomBytes(24).toString("base64url");
}
