import type { RoverConfig } from "./rover-config.ts";
import { ROVER_KEYS, type RoverKey } from "./rover-keys.ts";

/** The configuration in force, a line a key, with where each value comes from; then what follows from it, and what does nothing. */
export function describeRoverConfig(config: RoverConfig): string[] {
  const lines = (ROVER_KEYS as readonly RoverKey[]).map((key) => {
    const { text, from } = config.values.get(key.path as never)!;
    const shown = isSecret(key.path) && text !== "" ? "(set)" : text === "" ? '""' : text;
    const other = from === "default" && key.coded !== undefined ? `; Rover's own file has ${key.coded}` : "";
    return `${key.path}: ${shown}  # ${from === "environment" ? key.env : from}${other}`;
  });
  const { analyzers, queues, flushCount, ringBytes, kubernetes, rules, withoutEffect, isActive } = config;
  lines.push(
    `# ring: ${ringBytes / 1024 / 1024} MiB (per_cpu_buffer of both, times the processors, at least 16 MiB, a power of two)`,
    ...(analyzers > 1 ? [`# analyze_parallels ${analyzers}: analysed in one thread all the same`] : []),
    `# queues: ${queues.calls} reads and writes wait for their exchange, ${queues.ends} connects, accepts and closes (queue_size of each analyzer); ${3 * flushCount} logs in all (three times flush.max_count)`,
    `# analyzers of Kubernetes: ${kubernetes.analyzers.filter((one) => one.isActive).length} active of ${kubernetes.analyzers.length}; rules: ${rules.length}`,
  );
  for (const module of withoutEffect) lines.push(`# ${module}: without effect here`);
  if (!isActive) lines.push("# access_log.active is false: the agent says so and ends");
  return lines;
}

function isSecret(path: string): boolean {
  return path === "core.backend.authentication";
}
