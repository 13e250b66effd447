import { CLUSTER_FEATURES } from "./cluster-features.ts";
import { FILTER_FEATURES } from "./filter-features.ts";
import { LISTENER_FEATURES } from "./listener-features.ts";
import { ROUTE_FEATURES } from "./route-features.ts";
import type { BootstrapFeature } from "./sample.ts";
import { TOP_FEATURES } from "./top-features.ts";

export { type BootstrapFeature, sample } from "./sample.ts";

/** All of them, each once. */
export const BOOTSTRAP_FEATURES: readonly BootstrapFeature[] = [
  ...ROUTE_FEATURES,
  ...FILTER_FEATURES,
  ...LISTENER_FEATURES,
  ...CLUSTER_FEATURES,
  ...TOP_FEATURES,
];
