import { ApplyRun, type ApplyRunOptions, type DeploymentResult } from "../apply-run.ts";
import type { Cluster } from "../cluster.ts";
import { type ClusterObject, MANAGED, nameObject } from "../cluster-object.ts";
import { buildAnnotations, buildConfigMap, buildPlugin, buildWorkloadPatch } from "./filter-objects.ts";
import {
  DEFAULT_CONFIG_MAP,
  FILTER_NAME,
  type FilterOptions,
  ROOT_ID,
  VOLUME,
  WORKLOAD_KINDS,
} from "./filter-options.ts";

export interface Deployment extends ApplyRunOptions {
  readonly options: FilterOptions;
}

/** Puts the filter into a namespace: applied again, nothing changes. What fails is told, and the rest goes on. */
export async function deployFilter(namespace: string, deployment: Deployment): Promise<DeploymentResult> {
  const { cluster, options, tell } = deployment;
  const run = new ApplyRun(deployment);
  if ((await cluster.read(namespaceOf(namespace))) === undefined) {
    tell(`${namespace}: there is no such namespace`);
    return { changed: false, failed: true };
  }
  const configMap = buildConfigMap(options, namespace);
  const isNewCode = configMap !== undefined && (await run.apply(configMap));
  if (run.failed) return run;
  if (configMap !== undefined) await annotate(namespace, configMap.metadata.name, isNewCode, run, deployment);
  await run.apply(buildPlugin(options, namespace));
  return run;
}

/** Takes back everything that `deployFilter` or deploy.sh put into a namespace. */
export async function removeFilter(
  namespace: string,
  configMap: string,
  { cluster, mode, tell }: Omit<Deployment, "options" | "force">,
): Promise<DeploymentResult> {
  let changed = false;
  if ((await cluster.read(namespaceOf(namespace))) === undefined) {
    tell(`${namespace}: there is no such namespace`);
    return { changed, failed: true };
  }
  const remove = async (object: ClusterObject, isOurs: (found: ClusterObject) => boolean): Promise<boolean> => {
    const found = await cluster.read(object);
    if (found === undefined) return true;
    if (!isOurs(found)) {
      tell(`${namespace}: ${nameObject(object)} is not ours: left as it is`);
      return false;
    }
    if (mode === "apply") await cluster.delete(object);
    tell(`${namespace}: ${nameObject(object)} ${mode === "apply" ? "deleted" : "would be deleted"}`);
    changed = true;
    return true;
  };
  // First what refers to the file, last the file.
  let failed = false;
  for (const [apiVersion, kind] of PLUGINS)
    if (!(await remove({ apiVersion, kind, metadata: { name: FILTER_NAME, namespace } }, runsOurFilter))) failed = true;
  const annotations = buildAnnotations(configMap);
  for (const workload of await listWorkloads(cluster, namespace)) {
    const ours = Object.entries(annotations).filter(
      ([name, value]) => annotationsOf(workload)[name] === value || isManaged(workload, name),
    );
    if (ours.length === 0) continue;
    changed = true;
    if (mode === "apply")
      await takeBack(
        cluster,
        workload,
        ours.map(([name]) => name),
      );
    tell(
      `${namespace}: ${nameObject(workload)} ${mode === "apply" ? "annotations removed" : "would lose its annotations"}`,
    );
  }
  const map = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: configMap, namespace } };
  if (!(await remove(map, (found) => isLabelled(found) || holdsWasm(found)))) failed = true;
  return { changed, failed };
}

async function annotate(
  namespace: string,
  configMap: string,
  isNewCode: boolean,
  run: ApplyRun,
  { cluster, mode, tell }: Deployment,
): Promise<void> {
  const annotations = buildAnnotations(configMap);
  const restart: string[] = [];
  for (const workload of await listWorkloads(cluster, namespace)) {
    const changed = await run.apply(buildWorkloadPatch(workload, annotations));
    // A changed template rolls by itself, unless it is told not to.
    if (changed ? strategyOf(workload) === "OnDelete" : isNewCode) restart.push(nameObject(workload));
  }
  if (mode === "diff") return;
  const deleted = restart.filter((name) => name.startsWith("statefulset/") || name.startsWith("daemonset/"));
  if (restart.length > 0) {
    tell(`${namespace}: to load the filter: kubectl rollout restart -n ${namespace} ${restart.join(" ")}`);
    if (deleted.length > 0) tell(`${namespace}: where a strategy is OnDelete, delete the pods instead`);
  }
  const bare = await listBarePods(cluster, namespace);
  if (bare.length > 0)
    tell(
      `${namespace}: pods of no Deployment, StatefulSet or DaemonSet are left as they are: ${bare.slice(0, 10).join(", ")}`,
    );
}

async function listWorkloads(cluster: Cluster, namespace: string): Promise<ClusterObject[]> {
  const lists = await Promise.all(WORKLOAD_KINDS.map((kind) => cluster.list("apps/v1", kind, namespace)));
  return lists.flat().map((workload) => ({ ...workload, metadata: { ...workload.metadata, namespace } }));
}

/** A hint only: who may not list pods is not told. */
async function listBarePods(cluster: Cluster, namespace: string): Promise<string[]> {
  const pods = await cluster.list("v1", "Pod", namespace).catch(() => []);
  return pods
    .filter(({ metadata }) => {
      const owners = (metadata["ownerReferences"] ?? []) as readonly { readonly kind: string }[];
      return !owners.some(({ kind }) => ["ReplicaSet", "StatefulSet", "DaemonSet"].includes(kind));
    })
    .map(({ metadata }) => metadata.name);
}

/** Fields that we applied go when nothing is applied in their place; those that kubectl put there are taken away by name. */
async function takeBack(cluster: Cluster, workload: ClusterObject, names: readonly string[]): Promise<void> {
  const after = await cluster.apply(buildWorkloadPatch(workload, undefined));
  const left = names.filter((name) => annotationsOf(after)[name] !== undefined);
  if (left.length === 0) return;
  const annotations = Object.fromEntries(left.map((name) => [name, null]));
  await cluster.merge({
    ...buildWorkloadPatch(workload, undefined),
    spec: { template: { metadata: { annotations } } },
  });
}

const PLUGINS = [
  ["networking.istio.io/v1alpha3", "EnvoyFilter"],
  ["extensions.istio.io/v1alpha1", "WasmPlugin"],
] as const;

function namespaceOf(name: string): ClusterObject {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name } };
}

interface Workload {
  readonly spec?: {
    readonly updateStrategy?: { readonly type?: string };
    readonly template?: { readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> } };
  };
}

function annotationsOf(workload: ClusterObject): Readonly<Record<string, string>> {
  return (workload as Workload).spec?.template?.metadata?.annotations ?? {};
}

function strategyOf(workload: ClusterObject): string | undefined {
  return (workload as Workload).spec?.updateStrategy?.type;
}

/** Our volume is in it, whatever the ConfigMap was called. */
function isManaged(workload: ClusterObject, name: string): boolean {
  return annotationsOf(workload)[name]?.includes(`"${VOLUME}"`) === true;
}

function isLabelled({ metadata }: ClusterObject): boolean {
  return Object.entries(MANAGED).every(([name, value]) => metadata.labels?.[name] === value);
}

function runsOurFilter(found: ClusterObject): boolean {
  return isLabelled(found) || JSON.stringify(found).includes(ROOT_ID);
}

function holdsWasm(found: ClusterObject): boolean {
  return found.metadata.name === DEFAULT_CONFIG_MAP && JSON.stringify(found["binaryData"] ?? {}).includes(".wasm");
}
