import { randomBytes } from "node:crypto";
import { ApplyRun, type ApplyRunOptions, type DeploymentResult } from "../apply-run.ts";
import type { Cluster } from "../cluster.ts";
import { type ClusterObject, MANAGED, nameObject } from "../cluster-object.ts";
import { buildCollector, buildSecret } from "./collector-objects.ts";
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
  { cluster, mode, tell }: { readonly cluster: Cluster } & Pick<ApplyRunOptions, "mode" | "tell">,
  purge: boolean,
): Promise<DeploymentResult> {
  let changed = false;
  let failed = false;
  const { namespace } = options;
  const objects = [buildSecret(options, { page: "", ingest: "" }), ...buildCollector(options)].reverse();
  for (const object of objects) {
    const found = await cluster.read(object);
    if (found === undefined) continue;
    if (!isOurs(found)) {
      tell(`${namespace}: ${nameObject(object)} is not ours: left as it is`);
      failed = true;
    } else if (KEPT.has(object.kind) && !purge) tell(`${namespace}: ${nameObject(object)} stays (--purge removes it)`);
    else {
      if (mode === "apply") await cluster.delete(object);
      tell(`${namespace}: ${nameObject(object)} ${mode === "apply" ? "deleted" : "would be deleted"}`);
      changed = true;
    }
  }
  return { changed, failed };
}

const KEPT: ReadonlySet<string> = new Set(["PersistentVolumeClaim", "Secret"]);

function isOurs({ metadata }: ClusterObject): boolean {
  return Object.entries(MANAGED).every(([name, value]) => metadata.labels?.[name] === value);
}

function makeToken(): string {
  return randomBytes(24).toString("base64url");
}
