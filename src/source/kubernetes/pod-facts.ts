/** Facts of a pod that names can be made of. */
export interface PodFacts {
  readonly name: string;
  readonly namespace: string;
  readonly node: string;
  /** Its address (`status.podIP`); empty while it has none. */
  readonly address: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The service that selects it: of several the one with the shortest name, then the first by letters. Empty where none does. */
  readonly service: string;
  /** Who owns it, from the nearest on. */
  readonly owners: readonly { readonly kind: string; readonly name: string }[];
  readonly containers: readonly ContainerFacts[];
}

export interface ContainerFacts {
  readonly name: string;
  /** As the pod's status has it: `containerd://` and 64 hexadecimal digits. */
  readonly id: string;
  /** Variables with a value of their own; empty unless they are asked for. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The request to the process that watches the cluster. */
export interface DiscoveryRequest {
  readonly node: string;
  /** Empty: all. */
  readonly namespaces: readonly string[];
  readonly wantsOwners: boolean;
  readonly wantsEnvironment: boolean;
}

/** A line of its answers: all pods as they are now, or what keeps it from knowing them. */
export type DiscoveryLine =
  | { readonly pods: readonly PodFacts[] }
  | { readonly problem: string; readonly isFatal: boolean };
