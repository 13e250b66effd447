import { MOST_RINGS } from "../loader/rings.ts";
import type { RoverConfig } from "./rover-config.ts";
import { ROVER_KEYS, type RoverKey } from "./rover-keys.ts";

/** The configuration in force, a line a key, with where each value comes from; then what follows from it, and what does nothing. */
export function describeRoverConfig(config: RoverConfig): string[] {
  const lines = (ROVER_KEYS as readonly RoverKey[]).map((key) => {
    const { text, from } = config.values.get(key.path as never)!;
    const shown = isSecret(key.path) && text !== "" ? "(set)" : text === "" ? '""' : text;
    const other = from === "default" && key.coded !== undefined ? `; Rover's own file has ${key.coded}` : "";
    const effect = key.withoutEffect === undefined ? "" : `; without effect: ${key.withoutEffect}`;
    return `${key.path}: ${shown}  # ${from === "environment" ? key.env : from}${other}${effect}`;
  });
  const { analyzers, queues, flushCount, ringBytes, kubernetes, rules, withoutEffect, isActive } = config;
  lines.push(
    `# analyzers: ${analyzers}${analyzers > 1 ? ", each with a thread and a ring of its own" : ""} (the larger analyze_parallels, at most ${MOST_RINGS})`,
    `# ring: ${ringBytes / 1024 / 1024} MiB each (per_cpu_buffer of both, times the processors, over the analyzers, at least 16 MiB, a power of two)`,
    `# queues: in each ${queues.calls} reads and writes wait for their exchange, and ${queues.ends} connects, accepts and closes (queue_size); ${3 * flushCount} logs in all (three times flush.max_count)`,
    `# analyzers of Kubernetes: ${kubernetes.analyzers.filter((one) => one.isActive).length} active of ${kubernetes.analyzers.length}; rules: ${rules.length}`,
  );
  for (const module of withoutEffect) lines.push(`# ${module}: without effect here`);
  if (!isActive) lines.push("# access_log.active is false: the agent says so and ends");
  return lines;
}

function isSecret(path: string): boolean {
  return path === "core.backend.authentication";
}
