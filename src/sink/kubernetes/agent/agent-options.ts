import { stringify } from "yaml";

/** How agents are run on the nodes of a cluster. */
export interface AgentDeployment {
  readonly namespace: string;
  /** Every object of the namespace has it. */
  readonly name: string;
  readonly image: string;
  /** The configuration, as `tapline agent -c` reads it. */
  readonly configuration: string;
  readonly memoryMebibytes: number;
  readonly cpu: string;
  /** Labels of the nodes that get one; empty: all. */
  readonly nodeSelector: Readonly<Record<string, string>>;
  /** A Secret whose key `authentication` the backend wants to see. */
  readonly authenticationSecret?: string | undefined;
}

/** Where the configuration lies in the container. */
export const CONFIG_FOLDER = "/etc/tapline";
export const CONFIG_FILE = "rover.yaml";

/** The least that suffices for sockets, for TLS (uprobes) and for the libraries of other users' processes. */
export const CAPABILITIES = ["BPF", "PERFMON", "SYS_ADMIN", "SYS_PTRACE"] as const;

/** A configuration that watches pods and reports to `backend`. */
export function writeConfiguration({
  backend,
  cluster,
  namespaces,
}: {
  readonly backend: string;
  readonly cluster: string;
  readonly namespaces: readonly string[];
}): string {
  return stringify({
    core: { backend: { addr: backend }, ...(cluster !== "" && { cluster_name: cluster }) },
    process_discovery: {
      kubernetes: { active: true, ...(namespaces.length > 0 && { namespaces: namespaces.join(",") }) },
    },
    access_log: { active: true },
  });
}
