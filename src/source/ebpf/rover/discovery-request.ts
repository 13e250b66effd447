import { TaplineError } from "../../../model/index.ts";
import type { DiscoveryRequest } from "../../kubernetes/pod-facts.ts";
import type { RoverConfig } from "./rover-config.ts";

/**
 * The facts of pods that the configuration needs.
 * @throws TaplineError (`configuration`) where it does not say on which node it runs
 */
export function discoveryOf({ kubernetes }: RoverConfig): DiscoveryRequest {
  const { node, namespaces, analyzers } = kubernetes;
  if (node === "")
    throw new TaplineError("configuration", "process_discovery.kubernetes.node_name is empty", {
      hint: "give ROVER_PROCESS_DISCOVERY_KUBERNETES_NODE_NAME the field spec.nodeName (tapline deploy agent does)",
    });
  const texts = analyzers
    .filter(({ isActive }) => isActive)
    .flatMap(({ filters, service, instance, process }) => [...filters, service.text, instance.text, process.text]);
  const names = (method: string): boolean => texts.some((text) => text.includes(method));
  return { node, namespaces, wantsOwners: names("OwnerName"), wantsEnvironment: names("EnvValue") };
}
