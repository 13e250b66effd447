/**
 * A process of its own that watches the pods of a node and the services: the library it needs takes more memory than all else of an
 * agent. The first line of its stdin is the request; each line of its stdout is all there is then, whenever something changed. It
 * ends when its stdin does.
 */

import { once } from "node:events";
import { createInterface } from "node:readline";
import type {
  KubeConfig,
  KubernetesListObject,
  KubernetesObject,
  ListWatch,
  V1OwnerReference,
  V1Pod,
  V1Service,
} from "@kubernetes/client-node";
import { describePods } from "./describe-pods.ts";
import { explainFailure } from "./explain-failure.ts";
import type { DiscoveryLine, DiscoveryRequest, PodFacts } from "./pod-facts.ts";

/** Changes come in bursts: they are told together. */
const GATHER_MILLIS = 250;
/** The wait after a failed look at the cluster; it doubles up to the other. */
const [FIRST_RETRY_MILLIS, LAST_RETRY_MILLIS] = [1000, 60_000];
/** Characters of one telling: of a node with a thousand pods it has some millions. */
const MOST_TEXT = 64 * 1024 * 1024;
/** Owners that are remembered; beyond, they are asked for anew. */
const MOST_OWNERS = 4096;

type Library = typeof import("@kubernetes/client-node");

const lines = createInterface({ input: process.stdin });
const [line] = (await once(lines, "line")) as [string];
lines.on("close", () => process.exit(0));
const request = JSON.parse(line) as DiscoveryRequest;
await watchCluster(request).catch((error: Error) => {
  write({ problem: error.message, isFatal: true });
  process.exitCode = 1;
  lines.close();
});

async function watchCluster({ node, namespaces, wantsOwners, wantsEnvironment }: DiscoveryRequest): Promise<void> {
  const library = await import("@kubernetes/client-node").catch(() => {
    throw new Error("@kubernetes/client-node is not installed: npm install @kubernetes/client-node");
  });
  const config = new library.KubeConfig();
  config.loadFromDefault();
  const core = config.makeApiClient(library.CoreV1Api);
  await core.readNode({ name: node }).catch((error: unknown) => {
    throw new Error(`the node ${node} cannot be read: ${explainFailure(error)}`);
  });
  const owners = wantsOwners ? new OwnerTable(library, config) : undefined;
  let last = "";
  let isWaiting = false;
  let telling: Promise<void> = Promise.resolve();
  const pods: ListWatch<V1Pod>[] = [];
  const services: ListWatch<V1Service>[] = [];
  const ofNode = `spec.nodeName=${node}`;
  for (const namespace of namespaces.length === 0 ? [undefined] : namespaces) {
    const base = namespace === undefined ? "/api/v1" : `/api/v1/namespaces/${encodeURIComponent(namespace)}`;
    pods.push(
      watch(
        `${base}/pods`,
        () =>
          namespace === undefined
            ? core.listPodForAllNamespaces({ fieldSelector: ofNode })
            : core.listNamespacedPod({ namespace, fieldSelector: ofNode }),
        ofNode,
      ),
    );
    services.push(
      watch(`${base}/services`, () =>
        namespace === undefined ? core.listServiceForAllNamespaces() : core.listNamespacedService({ namespace }),
      ),
    );
  }
  await Promise.all([...pods.map(start), ...services.map(start)]);
  telling = telling.then(tell);
  await telling;

  function watch<Item extends KubernetesObject>(
    path: string,
    list: () => Promise<KubernetesListObject<Item>>,
    fieldSelector?: string,
  ): ListWatch<Item> {
    const watching = new library.ListWatch(path, new library.Watch(config), list, false, undefined, fieldSelector);
    for (const verb of ["add", "update", "delete"] as const) watching.on(verb, tellSoon);
    return watching;
  }

  /** Resolves when the first list is there; what fails later is tried again, and told. */
  async function start<Item extends KubernetesObject>(watching: ListWatch<Item>): Promise<void> {
    let wait = FIRST_RETRY_MILLIS;
    let isListed = false;
    let failure: unknown;
    watching.on("connect", () => {
      wait = FIRST_RETRY_MILLIS;
    });
    watching.on("error", (error: unknown) => {
      failure = error;
      if (!isListed) return;
      write({ problem: `the cluster is not heard: ${explainFailure(error)}`, isFatal: false });
      setTimeout(() => void watching.start().catch(() => {}), wait);
      wait = Math.min(2 * wait, LAST_RETRY_MILLIS);
    });
    await watching.start().catch((error: unknown) => {
      failure = error;
    });
    if (failure !== undefined) throw new Error(explainFailure(failure));
    isListed = true;
  }

  function tellSoon(): void {
    if (isWaiting) return;
    isWaiting = true;
    setTimeout(() => {
      isWaiting = false;
      // One after the other: one that asks for owners first would tell of pods as they were.
      telling = telling.then(tell);
    }, GATHER_MILLIS);
  }

  async function tell(): Promise<void> {
    const all = pods.flatMap((one) => [...one.list()]);
    for (const pod of owners === undefined ? [] : all) await owners!.learn(pod);
    const found = describePods(
      all,
      services.flatMap((one) => [...one.list()]),
      {
        owners: (pod) => owners?.find(pod) ?? [],
        wantsEnvironment,
      },
    );
    const text = JSON.stringify({ pods: found } satisfies DiscoveryLine);
    if (text.length > MOST_TEXT) {
      write({ problem: `${found.length} pods are more than can be told: names stay as they were`, isFatal: false });
      return;
    }
    if (text !== last) process.stdout.write(`${text}\n`);
    last = text;
  }
}

/** Who owns pods, and who owns these: asked of the cluster once. */
class OwnerTable {
  readonly #api: InstanceType<Library["KubernetesObjectApi"]>;
  readonly #owners = new Map<string, readonly V1OwnerReference[]>();

  constructor(library: Library, config: KubeConfig) {
    this.#api = library.KubernetesObjectApi.makeApiClient(config);
  }

  find(pod: V1Pod): PodFacts["owners"] {
    return this.#chain(pod).map(({ kind, name }) => ({ kind, name }));
  }

  async learn(pod: V1Pod): Promise<void> {
    const { namespace = "" } = pod.metadata ?? {};
    // Each turn learns of one more generation.
    for (let depth = 0; depth < MOST_GENERATIONS; depth++) {
      const unknown = this.#chain(pod).filter(({ uid }) => !this.#owners.has(uid));
      if (unknown.length === 0) return;
      for (const { apiVersion, kind, name, uid } of unknown) {
        const owner = await this.#api
          .read({ apiVersion, kind, metadata: { name, namespace } })
          .catch((error: unknown) => {
            write({
              problem: `the owner ${kind} ${name} of ${namespace} cannot be read: ${explainFailure(error)}`,
              isFatal: false,
            });
            return undefined;
          });
        if (this.#owners.size >= MOST_OWNERS) this.#owners.delete(this.#owners.keys().next().value!);
        this.#owners.set(uid, owner?.metadata?.ownerReferences ?? []);
      }
    }
  }

  /** As far as it is known. */
  #chain(pod: V1Pod): V1OwnerReference[] {
    const chain = [...(pod.metadata?.ownerReferences ?? [])];
    for (let at = 0; at < chain.length && chain.length < MOST_GENERATIONS; at++)
      if (chain[at]!.controller !== false) chain.push(...(this.#owners.get(chain[at]!.uid) ?? []));
    return chain;
  }
}

/** Owners of owners that are looked for: circles end. */
const MOST_GENERATIONS = 16;

function write(line: DiscoveryLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
