/** A number that a process counts, in a form that other processes can add to theirs. */
export interface Statistic extends StatisticName {
  /** Whole; below 2^53. */
  readonly value: number;
}

/** The name of a number: as a line of text under `name`, in Prometheus under `family` with `labels`. */
export interface StatisticName {
  /** Envoy's dotted name, unique: `cluster.back.upstream_cx_total`. */
  readonly name: string;
  /** The dotted name without what differs between instances: `cluster.upstream_cx_total`. Ours begin with `tapline.`. */
  readonly family: string;
  /** Labels that differ: `{ envoy_cluster_name: "back" }`. */
  readonly labels: Readonly<Record<string, string>>;
  /** A sum that only grows, or a level. */
  readonly kind: "counter" | "gauge";
}
