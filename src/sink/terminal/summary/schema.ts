import {
  DEFINITIONS,
  INTEGER,
  type JsonSchema,
  listOf,
  NUMBER,
  record,
  reference,
  TEXT,
} from "../../../wire/ndjson/index.ts";

/** The JSON Schema of `summary -o json` and `-o ndjson`: `schema/summary.schema.json` is this. Fields are added in time, never changed. */
export function summarySchema(): JsonSchema {
  const numbers = {
    requests: INTEGER,
    errors: INTEGER,
    requestBytes: INTEGER,
    responseBytes: INTEGER,
    latencyMs: latencySchema(["p50", "p90", "p99", "max", "mean"]),
  };
  const example = record(
    { id: INTEGER, operation: TEXT, key: listOf(TEXT), bytes: INTEGER },
    { time: reference("timestamp"), status: TEXT, durationMs: NUMBER },
  );
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Tapline's summaries",
    description:
      "What `summary -o json` prints. Percentiles are of the nearest rank, `null` where no duration is known.",
    ...record(
      {
        type: { const: "summary" },
        version: { const: 1 },
        ...numbers,
        furtherViews: INTEGER,
        connections: record({ all: INTEGER, tls: { type: "object", additionalProperties: INTEGER } }),
        by: listOf(TEXT),
        groups: listOf(record({ key: { type: "object", additionalProperties: TEXT }, ...numbers })),
        groupsInAll: INTEGER,
        failures: listOf(record({ reason: TEXT, count: INTEGER, first: example })),
        slowest: listOf(example),
        largest: listOf(example),
        timeline: record({
          seconds: INTEGER,
          buckets: listOf(record({ time: reference("timestamp"), requests: INTEGER, errors: INTEGER })),
        }),
      },
      { first: reference("timestamp"), last: reference("timestamp"), seconds: NUMBER },
    ),
    $defs: { timestamp: DEFINITIONS.timestamp },
  };
}

/** Milliseconds. */
export function latencySchema(names: readonly string[]): JsonSchema {
  return record(Object.fromEntries(names.map((name) => [name, { type: ["number", "null"] }])));
}
