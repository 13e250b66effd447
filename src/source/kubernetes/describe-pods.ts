import type { V1Container, V1ContainerStatus, V1Pod, V1Service } from "@kubernetes/client-node";
import type { ContainerFacts, PodFacts } from "./pod-facts.ts";

/**
 * The facts that names are made of, of each pod. Containers that run beside the pod from its beginning on (init containers
 * that are restarted, as sidecars are) are containers like the others.
 * @param owners of a pod, from the nearest on
 */
export function describePods(
  pods: readonly V1Pod[],
  services: readonly V1Service[],
  {
    owners,
    wantsEnvironment,
  }: { readonly owners: (pod: V1Pod) => PodFacts["owners"]; readonly wantsEnvironment: boolean },
): PodFacts[] {
  const selectors = new Map<string, { readonly name: string; readonly selector: Readonly<Record<string, string>> }[]>();
  for (const { metadata, spec } of services) {
    const selector = spec?.selector ?? {};
    if (Object.keys(selector).length === 0) continue;
    const namespace = metadata?.namespace ?? "";
    const list = selectors.get(namespace) ?? [];
    list.push({ name: metadata?.name ?? "", selector });
    selectors.set(namespace, list);
  }
  return pods.map((pod) => {
    const { metadata = {}, spec, status } = pod;
    const labels = metadata.labels ?? {};
    const namespace = metadata.namespace ?? "";
    const names = (selectors.get(namespace) ?? [])
      .filter(({ selector }) => Object.entries(selector).every(([key, value]) => labels[key] === value))
      .map(({ name }) => name);
    return {
      name: metadata.name ?? "",
      namespace,
      node: spec?.nodeName ?? "",
      address: status?.podIP ?? "",
      labels,
      service: names.sort((a, b) => a.length - b.length || (a < b ? -1 : 1))[0] ?? "",
      owners: owners(pod),
      containers: [
        ...describeContainers(spec?.containers, status?.containerStatuses, wantsEnvironment),
        ...describeContainers(spec?.initContainers, status?.initContainerStatuses, wantsEnvironment),
      ],
    };
  });
}

function describeContainers(
  containers: readonly V1Container[] = [],
  statuses: readonly V1ContainerStatus[] = [],
  wantsEnvironment: boolean,
): ContainerFacts[] {
  const ids = new Map(statuses.map(({ name, containerID }) => [name, containerID ?? ""]));
  return containers.map(({ name, env = [] }) => ({
    name,
    id: ids.get(name) ?? "",
    environment: wantsEnvironment
      ? Object.fromEntries(env.flatMap((one) => (one.value === undefined ? [] : [[one.name, one.value]])))
      : {},
  }));
}
