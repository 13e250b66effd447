import type { ApiException, KubernetesObjectApi } from "@kubernetes/client-node";
import { TaplineError } from "../../model/index.ts";
import { explainFailure } from "../../source/kubernetes/explain-failure.ts";
import { type ClusterObject, MANAGER, nameObject } from "./cluster-object.ts";

export interface ClusterAccess {
  /** A kubeconfig file; default as kubectl finds it. */
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
}

export interface ApplyOptions {
  /** Asks what would come of it; nothing changes. */
  readonly dryRun?: boolean;
  /** Takes over fields that others own. */
  readonly force?: boolean;
}

/**
 * A Kubernetes cluster, by the user's kubeconfig. @kubernetes/client-node is an optional dependency, and loaded only here. Every method
 * throws TaplineError (`connection`) with what the cluster said.
 */
export class Cluster {
  readonly #api: KubernetesObjectApi;
  readonly #isAbsent: (error: unknown) => boolean;
  readonly #server: string;

  private constructor(api: KubernetesObjectApi, isAbsent: (error: unknown) => boolean, server: string) {
    this.#api = api;
    this.#isAbsent = isAbsent;
    this.#server = server;
  }

  static async connect({ kubeconfig, context }: ClusterAccess): Promise<Cluster> {
    const library = await import("@kubernetes/client-node").catch((cause) => {
      const hint = "it is an optional dependency: npm install @kubernetes/client-node";
      throw new TaplineError("configuration", "@kubernetes/client-node is not installed", { hint, cause });
    });
    const config = new library.KubeConfig();
    try {
      if (kubeconfig === undefined) config.loadFromDefault();
      else config.loadFromFile(kubeconfig);
      if (context !== undefined) config.setCurrentContext(context);
    } catch (cause) {
      const message = `the kubeconfig cannot be read: ${(cause as Error).message}`;
      throw new TaplineError("configuration", message, { cause });
    }
    const current = config.getCurrentCluster();
    if (kubeconfig === undefined && current?.name === NO_CLUSTER.name && current.server === NO_CLUSTER.server) {
      const hint = "neither KUBECONFIG nor ~/.kube/config names a cluster: --kubeconfig FILE does";
      throw new TaplineError("configuration", "there is no kubeconfig", { hint });
    }
    const server = current?.server;
    if (server === undefined)
      throw new TaplineError(
        "configuration",
        `the kubeconfig has no context ${context ?? config.getCurrentContext()}`,
        {
          hint: `known are ${
            config
              .getContexts()
              .map(({ name }) => name)
              .join(", ") || "none"
          }`,
        },
      );
    const isAbsent = (error: unknown) => error instanceof library.ApiException && error.code === 404;
    return new Cluster(library.KubernetesObjectApi.makeApiClient(config), isAbsent, server);
  }

  /** Undefined where it is not there, or where the cluster does not know its kind. */
  async read(object: Pick<ClusterObject, "apiVersion" | "kind" | "metadata">): Promise<ClusterObject | undefined> {
    return this.#try(`read ${nameObject(object)}`, object, async () => {
      const found = await this.#api.read(object as never).catch((error) => {
        if (this.#isAbsent(error) || isUnknownKind(error)) return undefined;
        throw error;
      });
      return found as unknown as ClusterObject | undefined;
    });
  }

  async list(apiVersion: string, kind: string, namespace: string): Promise<ClusterObject[]> {
    const what = { kind, metadata: { name: "*", namespace } };
    const { items } = await this.#try(`list ${kind}s`, what, () => this.#api.list(apiVersion, kind, namespace));
    // Items of a list say neither.
    return items.map((item) => ({ ...item, apiVersion, kind }) as unknown as ClusterObject);
  }

  /** Server-side apply: gives the object as it is then. A conflict names who owns the fields. */
  apply(object: ClusterObject, { dryRun = false, force = false }: ApplyOptions = {}): Promise<ClusterObject> {
    return this.#try(`apply ${nameObject(object)}`, object, async () => {
      const strategy = "application/apply-patch+yaml" as never;
      const spec = object as never;
      const applied = await this.#api.patch(spec, undefined, dryRun ? "All" : undefined, MANAGER, force, strategy);
      return applied as unknown as ClusterObject;
    });
  }

  /** A JSON merge patch (RFC 7396). */
  async merge(patch: ClusterObject): Promise<void> {
    const strategy = "application/merge-patch+json" as never;
    await this.#try(`patch ${nameObject(patch)}`, patch, () =>
      this.#api.patch(patch as never, undefined, undefined, MANAGER, undefined, strategy),
    );
  }

  async delete(object: Pick<ClusterObject, "apiVersion" | "kind" | "metadata">): Promise<void> {
    await this.#try(`delete ${nameObject(object)}`, object, () => this.#api.delete(object as never));
  }

  async #try<Value>(
    what: string,
    { metadata }: Pick<ClusterObject, "kind" | "metadata">,
    run: () => Promise<Value>,
  ): Promise<Value> {
    try {
      return await run();
    } catch (cause) {
      const where = metadata.namespace === undefined ? "" : ` in ${metadata.namespace}`;
      throw new TaplineError("connection", `cannot ${what}${where}: ${explain(cause, this.#server)}`, {
        cause,
        ...hintFor(cause),
      });
    }
  }
}

/** The library's words where the cluster lists no such kind. */
function isUnknownKind(error: unknown): boolean {
  return error instanceof Error && /^Unrecognized API version and kind/.test(error.message);
}

function hintFor(error: unknown): { hint?: string } {
  const { code } = error as Partial<ApiException<unknown>>;
  if (code === 409) return { hint: "--force-conflicts takes these fields over" };
  if (code === 403) return { hint: "--dry-run prints the Role that is needed" };
  if (isUnknownKind(error)) return { hint: "is Istio installed there?" };
  return {};
}

function explain(error: unknown, server: string): string {
  const said = explainFailure(error);
  return (error as Partial<ApiException<unknown>>).body === undefined ? `${said} (${server})` : said;
}

/** @kubernetes/client-node's last resort, which no cluster answers at since its servers take HTTPS alone. */
const NO_CLUSTER = { name: "cluster", server: "http://localhost:8080" };
