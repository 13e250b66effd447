import { ASPECTS } from "../../../analysis/comparison/difference.ts";
import { INTEGER, type JsonSchema, listOf, NUMBER, record, TEXT } from "../../../wire/ndjson/index.ts";
import { latencySchema } from "../summary/schema.ts";

/** The JSON Schema of `diff -o json`: `schema/diff.schema.json` is this. Fields are added in time, never changed. */
export function comparisonSchema(): JsonSchema {
  const side = record({
    name: TEXT,
    requests: INTEGER,
    errors: INTEGER,
    furtherViews: INTEGER,
    connections: INTEGER,
    latencyMs: latencySchema(["p50", "p90", "p99", "max"]),
  });
  const measure: JsonSchema = {
    anyOf: [
      record({ count: NUMBER, of: NUMBER }, { mix: TEXT }),
      record({ unit: { enum: ["ms", "bytes", "requests"] }, values: INTEGER, p50: NUMBER, p90: NUMBER, p99: NUMBER }),
    ],
  };
  const difference = record(
    { aspect: { enum: Object.keys(ASPECTS) }, a: measure, b: measure, ratio: { type: ["number", "null"] }, p: NUMBER },
    {
      key: { type: "object", additionalProperties: TEXT },
      name: TEXT,
      beyondMs: NUMBER,
      interval: { ...listOf({ type: ["number", "null"] }), minItems: 2, maxItems: 2 },
    },
  );
  const example = record({
    operation: TEXT,
    before: TEXT,
    after: TEXT,
    ids: { ...listOf(INTEGER), minItems: 2, maxItems: 2 },
  });
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Tapline's comparisons",
    description: "What `diff -o json` prints. `ratio` is B by A, `null` for what one side alone has.",
    ...record({
      type: { const: "diff" },
      version: { const: 1 },
      a: side,
      b: side,
      by: listOf(TEXT),
      groupsCompared: INTEGER,
      servicesDiffer: { type: "boolean" },
      matched: record({
        pairs: INTEGER,
        identified: INTEGER,
        changed: INTEGER,
        failedInA: INTEGER,
        failedInB: INTEGER,
        examples: listOf(example),
      }),
      differences: listOf(difference),
      uncertain: listOf(difference),
      notCompared: record({ exchanges: INTEGER, names: INTEGER, unmatched: INTEGER }),
    }),
  };
}
