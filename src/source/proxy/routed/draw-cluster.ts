import type { TargetCluster } from "../config/routes/route-table.ts";

/** Takes one of a route's clusters, by their weights. */
export function drawCluster(clusters: readonly TargetCluster[]): TargetCluster {
  if (clusters.length === 1) return clusters[0]!;
  let point = Math.random() * clusters.reduce((sum, { weight }) => sum + weight, 0);
  for (const cluster of clusters) {
    if (point < cluster.weight) return cluster;
    point -= cluster.weight;
  }
  return clusters.at(-1)!;
}

/** The cluster that a header names. */
export function clusterFromHeader(name: string | undefined): TargetCluster | undefined {
  const nothing = { remove: [], add: [] };
  return name === undefined
    ? undefined
    : { name, weight: 1, requestEdits: nothing, responseEdits: nothing, filters: new Map() };
}
