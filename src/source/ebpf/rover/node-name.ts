import { hostname } from "node:os";
import type { RoverConfig } from "./rover-config.ts";

/** The node's name in Kubernetes, or the host's. */
export function nameOfNode({ kubernetes }: RoverConfig): string {
  return kubernetes.node === "" ? hostname() : kubernetes.node;
}
