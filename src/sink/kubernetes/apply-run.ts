import { formatError } from "../../model/index.ts";
import type { Cluster } from "./cluster.ts";
import { type ClusterObject, nameObject } from "./cluster-object.ts";
import { describeDifference, isSame } from "./object-difference.ts";

export interface ApplyRunOptions {
  readonly cluster: Cluster;
  /** `apply`; or `diff`: tells what would change, and changes nothing. */
  readonly mode: "apply" | "diff";
  readonly force: boolean;
  /** One line for people, about one object. */
  readonly tell: (line: string) => void;
}

/** How one namespace went. */
export interface DeploymentResult {
  /** Something changed, or would. */
  readonly changed: boolean;
  readonly failed: boolean;
}

/** One namespace's: applies, tells, and remembers how it went. */
export class ApplyRun implements DeploymentResult {
  changed = false;
  failed = false;
  readonly #deployment: ApplyRunOptions;

  constructor(deployment: ApplyRunOptions) {
    this.#deployment = deployment;
  }

  /** Whether it changed. */
  async apply(object: ClusterObject): Promise<boolean> {
    const { cluster, mode, force, tell } = this.#deployment;
    const where = object.metadata.namespace ?? "";
    try {
      const before = await cluster.read(object);
      const after = await cluster.apply(object, { dryRun: mode === "diff", force });
      const changed = before === undefined || !isSame(before, after);
      if (changed) this.changed = true;
      const done = before === undefined ? "created" : changed ? "changed" : "unchanged";
      tell(`${where}: ${nameObject(object)} ${mode === "diff" && changed ? `would be ${done}` : done}`);
      if (mode === "diff" && changed) for (const line of describeDifference(before, after)) tell(line);
      return changed;
    } catch (error) {
      this.failed = true;
      tell(`${where}: ${formatError(error)}`);
      return false;
    }
  }
}
