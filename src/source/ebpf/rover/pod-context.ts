import { TaplineError } from "../../../model/index.ts";
import type { FoundContainer } from "../../kubernetes/pod-discovery.ts";
import type { ContainerFacts, PodFacts } from "../../kubernetes/pod-facts.ts";
import type { TemplateContext } from "./template.ts";

/**
 * `Pod` and `Container` of Rover's templates (its pkg/process/finders/kubernetes/template.go). A method that finds nothing throws
 * TaplineError (`configuration`): the analyzer does not apply then.
 */
export function describeContainer({
  pod,
  container,
  findsAll = false,
}: FoundContainer & {
  /** Methods find something whatever they look for: to try a template. */ readonly findsAll?: boolean;
}): TemplateContext {
  return {
    Pod: {
      Name: pod.name,
      Namespace: pod.namespace,
      Node: pod.node,
      ServiceName: pod.service,
      LabelValue: (names = "", otherwise = "") =>
        names
          .split(",")
          .map((name) => pod.labels[name])
          .find((value) => value !== undefined && value !== "") ?? otherwise,
      FindContainer: (name = "") => {
        const found = findsAll ? container : pod.containers.find((one) => one.name === name && one.id !== "");
        if (found === undefined) throw missing(`the pod ${pod.name} has no container ${name}`);
        return describe(found, findsAll);
      },
      OwnerName: (kinds = "") => {
        const name = findsAll ? pod.name : findOwner(pod, kinds);
        if (name === undefined) throw missing(`the pod ${pod.name} has no owner of the kind ${kinds}`);
        return name;
      },
      HasContainer: (name = "") => pod.containers.some((one) => one.name === name),
      LabelSelector: (selector = "") => matchesLabels(pod.labels, selector),
      HasServiceName: pod.service !== "",
      HasOwnerName: (kinds = "") => findOwner(pod, kinds) !== undefined,
    },
    Container: describe(container, findsAll),
  };
}

function describe({ name, id, environment }: ContainerFacts, findsAll: boolean): TemplateContext {
  return {
    Name: name,
    ID: id,
    EnvValue: (names = "") => {
      const wanted = names.split(",");
      const found = Object.entries(environment).find(([one]) => wanted.includes(one));
      if (found === undefined && !findsAll) throw missing(`the container ${name} has no variable ${names}`);
      return found?.[1] ?? "";
    },
  };
}

/** The first of the kinds that there is; `service` is the service that selects the pod. */
function findOwner({ service, owners }: PodFacts, kinds: string): string | undefined {
  for (const kind of kinds.split(",")) {
    const name =
      kind.toLowerCase() === "service" ? service || undefined : owners.find((one) => one.kind === kind)?.name;
    if (name !== undefined) return name;
  }
  return undefined;
}

/** `app=cart,tier=web`: equalities alone, as Rover takes them. */
function matchesLabels(labels: Readonly<Record<string, string>>, selector: string): boolean {
  return selector
    .split(",")
    .filter((part) => part.trim() !== "")
    .every((part) => {
      const [, key, value] = /^\s*([^=!\s]+)\s*=\s*([^=]*?)\s*$/.exec(part) ?? [];
      if (key === undefined) throw missing(`LabelSelector: expected NAME=VALUE,…, found ${JSON.stringify(selector)}`);
      return labels[key] === value;
    });
}

function missing(message: string): TaplineError {
  return new TaplineError("configuration", message);
}
