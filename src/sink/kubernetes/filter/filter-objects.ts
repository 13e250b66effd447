import type { ClusterObject } from "../cluster-object.ts";
import { MANAGED } from "../cluster-object.ts";
import { buildEnvoyFilter } from "./envoy-filter.ts";
import { type FilterOptions, MOUNT_PATH, VOLUME, WORKLOAD_KINDS } from "./filter-options.ts";
import { buildWasmPlugin } from "./wasm-plugin.ts";

/** The ConfigMap with the filter's file; undefined where Envoy fetches it. */
export function buildConfigMap({ code }: FilterOptions, namespace: string): ClusterObject | undefined {
  if (code.kind === "remote") return undefined;
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: code.configMap, namespace, labels: MANAGED },
    binaryData: { [code.file]: Buffer.from(code.bytes).toString("base64") },
  };
}

/** The object that has the sidecars of a namespace run the filter. */
export function buildPlugin(options: FilterOptions, namespace: string): ClusterObject {
  return options.as === "wasm-plugin" ? buildWasmPlugin(options, namespace) : buildEnvoyFilter(options, namespace);
}

/** Istio mounts the ConfigMap into the sidecar where a pod has these. */
export function buildAnnotations(configMap: string): Readonly<Record<string, string>> {
  return {
    "sidecar.istio.io/userVolume": JSON.stringify([{ name: VOLUME, configMap: { name: configMap } }]),
    "sidecar.istio.io/userVolumeMount": JSON.stringify([{ mountPath: MOUNT_PATH, name: VOLUME }]),
  };
}

/** As much of a workload as is applied to it: its pods' annotations, or nothing, which takes them back. */
export function buildWorkloadPatch(
  { apiVersion, kind, metadata: { name, namespace } }: ClusterObject,
  annotations: Readonly<Record<string, string>> | undefined,
): ClusterObject {
  return {
    apiVersion,
    kind,
    metadata: { name, ...(namespace !== undefined && { namespace }) },
    ...(annotations && { spec: { template: { metadata: { annotations } } } }),
  };
}

/** The least that whoever runs `deploy filter` must be allowed in a namespace, and that it is there. */
export function buildRoles({ as, code }: FilterOptions, namespace: string): ClusterObject[] {
  const all = ["get", "create", "patch", "delete"];
  const plugin =
    as === "wasm-plugin"
      ? { apiGroups: ["extensions.istio.io"], resources: ["wasmplugins"], verbs: all }
      : { apiGroups: ["networking.istio.io"], resources: ["envoyfilters"], verbs: all };
  const mounted = [
    { apiGroups: [""], resources: ["configmaps"], verbs: all },
    {
      apiGroups: ["apps"],
      resources: WORKLOAD_KINDS.map((kind) => `${kind.toLowerCase()}s`),
      verbs: ["get", "list", "patch"],
    },
    { apiGroups: [""], resources: ["pods"], verbs: ["list"] },
  ];
  return [
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "Role",
      metadata: { name: "tapline-deploy-filter", namespace },
      rules: code.kind === "remote" ? [plugin] : [...mounted, plugin],
    },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name: `tapline-deploy-filter-${namespace}` },
      rules: [{ apiGroups: [""], resources: ["namespaces"], resourceNames: [namespace], verbs: ["get"] }],
    },
  ];
}
