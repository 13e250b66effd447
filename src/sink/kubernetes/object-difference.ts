import { diff, isDeepStrictEqual } from "node:util";
import { stringify } from "yaml";
import type { ClusterObject } from "./cluster-object.ts";

/** Whether two states of an object differ in nothing but what the API counts for itself. */
export function isSame(a: ClusterObject, b: ClusterObject): boolean {
  return isDeepStrictEqual(withoutBookkeeping(a), withoutBookkeeping(b));
}

/** The lines of YAML that differ, with `-` and `+`, and long texts cut. */
export function describeDifference(before: ClusterObject | undefined, after: ClusterObject): string[] {
  const lines = (object: ClusterObject | undefined) =>
    object === undefined ? [] : stringify(withoutBookkeeping(object), { lineWidth: 0 }).trimEnd().split("\n");
  const changes = diff(lines(before), lines(after)) as [operation: number, line: string][];
  return changes
    .filter(([operation]) => operation !== 0)
    .map(
      ([operation, line]) => `  ${operation > 0 ? "-" : "+"} ${line.length > 160 ? `${line.slice(0, 160)}…` : line}`,
    );
}

function withoutBookkeeping({ metadata, status: _, ...object }: ClusterObject): object {
  const { resourceVersion: _version, generation: _generation, managedFields: _fields, ...rest } = metadata;
  return { ...object, metadata: rest };
}
