/** A cluster that takes a part of what comes. */
export interface WeightedClusterConfig {
  readonly name: string;
  /** More than 0. */
  readonly weight: number;
}
