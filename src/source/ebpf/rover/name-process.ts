import { basename } from "node:path";
import type { FoundContainer } from "../../kubernetes/pod-discovery.ts";
import { describeContainer } from "./pod-context.ts";
import { describeHost, describeProcess, type ProcessContext } from "./process-context.ts";
import type { ProcessNames, ProcessRule } from "./process-names.ts";
import type { RoverConfig } from "./rover-config.ts";
import type { TemplateContext } from "./template.ts";

/** Names of a process in SkyWalking's terms, as a rule or an analyzer gives them. */
export interface ProcessIdentity {
  readonly pid: number;
  /** With the cluster before it where there is one: `cluster::checkout.shop`. */
  readonly service: string;
  /** The instance: a pod, a host. */
  readonly instance: string;
  /** Empty outside of pods. */
  readonly container: string;
  readonly process: string;
  readonly layer: string;
  readonly labels: readonly string[];
  readonly properties: Readonly<Record<string, string>>;
}

/**
 * The names of a process in a pod: one of each analyzer whose filters are true, in their order; none in excluded namespaces and clusters.
 * @param tell gets templates that fail for this pod
 */
export function nameByAnalyzers(
  config: Pick<RoverConfig, "cluster" | "excludedClusters" | "excludedNamespaces" | "kubernetes">,
  facts: ProcessContext,
  found: FoundContainer,
  tell: (problem: string) => void,
): ProcessIdentity[] {
  const { pod, container } = found;
  if (config.excludedNamespaces.includes(pod.namespace)) return [];
  const context = { ...describeProcess(facts), ...describeContainer(found) };
  const properties = {
    host_ip: describeHost().HostIPV4,
    container_ip: pod.address,
    container_name: container.name,
    pod_name: pod.name,
    pid: String(facts.pid),
    command_line: facts.commandLine,
  };
  return config.kubernetes.analyzers.flatMap((analyzer) => {
    try {
      if (!analyzer.isActive || !analyzer.matches(context)) return [];
      return nameBy(config, analyzer, facts.pid, context, { container: container.name, properties }) ?? [];
    } catch (error) {
      tell(`${pod.namespace}/${pod.name}: ${(error as Error).message}`);
      return [];
    }
  });
}

/** The names that the first rule gives that fits; undefined where none does, or where its cluster is excluded. */
export function nameByRule(
  config: Pick<RoverConfig, "cluster" | "excludedClusters" | "rules">,
  facts: ProcessContext,
  listeners: ReadonlyMap<number, ReadonlySet<number>>,
): ProcessIdentity | undefined {
  const rule = config.rules.find((one) => matches(one, facts, listeners));
  if (rule === undefined) return undefined;
  const properties = { host_ip: describeHost().HostIPV4, pid: String(facts.pid), command_line: facts.commandLine };
  return nameBy(config, rule, facts.pid, describeProcess(facts), { container: "", properties });
}

function nameBy(
  { cluster, excludedClusters }: Pick<RoverConfig, "cluster" | "excludedClusters">,
  names: ProcessNames,
  pid: number,
  context: TemplateContext,
  rest: Pick<ProcessIdentity, "container" | "properties">,
): ProcessIdentity | undefined {
  const name = names.service.render(context);
  const service = cluster === "" || name.includes("::") ? name : `${cluster}::${name}`;
  const [before, after] = service.split("::");
  if (after !== undefined && excludedClusters.includes(before!)) return undefined;
  const { layer, labels } = names;
  const [instance, process] = [names.instance.render(context), names.process.render(context)];
  return { pid, service, instance, process, layer, labels, ...rest };
}

/** All that the rule says must be so. */
function matches(
  { command, port, cgroup, pid, unit }: ProcessRule,
  facts: ProcessContext,
  listeners: ReadonlyMap<number, ReadonlySet<number>>,
): boolean {
  const argument = basename(facts.commandLine.split(" ")[0] ?? "");
  return (
    (pid === undefined || pid === facts.pid) &&
    (command === undefined || command === facts.name || command === argument) &&
    (cgroup === undefined || facts.cgroup === cgroup || facts.cgroup.startsWith(`${cgroup}/`)) &&
    (unit === undefined || facts.cgroup.split("/").some((part) => part === unit || part === `${unit}.service`)) &&
    (port === undefined || listeners.get(facts.pid)?.has(port) === true)
  );
}
