/** An object of a cluster, as documents and the API have it. */
export interface ClusterObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

/** `deployment/cart`, as kubectl names it. */
export function nameObject({ kind, metadata }: Pick<ClusterObject, "kind" | "metadata">): string {
  return `${kind.toLowerCase()}/${metadata.name}`;
}

/** Who applied it, for the API (`fieldManager`) and for people (`app.kubernetes.io/managed-by`). */
export const MANAGER = "tapline";
export const MANAGED: Readonly<Record<string, string>> = { "app.kubernetes.io/managed-by": MANAGER };
