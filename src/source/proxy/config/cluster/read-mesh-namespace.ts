import type { DocumentNode } from "../../../../wire/config-document/index.ts";

/**
 * The Kubernetes namespace that the metadata of an endpoint, or of a cluster, says: Istio's `workload` (`name;namespace;canonical
 * name;revision`, and a cluster behind it or not) or the first of its cluster's `services`, else Kuma's. Undefined where there is none:
 * metadata is anybody's, and never wrong.
 */
export function readMeshNamespace(metadata: DocumentNode | undefined): string | undefined {
  const filters = find(metadata, "filter_metadata", "filterMetadata");
  const istio = find(filters, "istio");
  const workload = textOf(find(istio, "workload"))?.split(";");
  if (workload?.length === 4 || workload?.length === 5) return workload[1] || undefined;
  const services = find(istio, "services");
  const service = services?.kind === "sequence" ? services.items[0] : undefined;
  return (
    textOf(find(service, "namespace")) || textOf(find(find(filters, "envoy.lb"), "k8s.kuma.io/namespace")) || undefined
  );
}

function find(node: DocumentNode | undefined, ...names: readonly string[]): DocumentNode | undefined {
  return node?.kind === "mapping" ? node.entries.find(({ key }) => names.includes(key))?.value : undefined;
}

function textOf(node: DocumentNode | undefined): string | undefined {
  return node?.kind === "scalar" && typeof node.value === "string" ? node.value : undefined;
}
