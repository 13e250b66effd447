import { OUTCOME_RESULTS, QUALITIES } from "../../model/index.ts";
import {
  DEFINITIONS,
  DOCUMENT_VERSION,
  FLOW_DOCUMENT,
  INTEGER,
  type JsonSchema,
  listOf,
  NUMBER,
  record,
  reference,
  TEXT,
} from "../../wire/ndjson/index.ts";
import { APPLICATIONS } from "../applications/table.ts";
import { NAME_SOURCES } from "../identity/service-name.ts";
import { ROWS } from "./table.ts";

/**
 * The JSON Schema of the documents: `schema/document.schema.json` is this. Fields are added in time, never changed, so it lets fields
 * through that it does not know.
 * @param closed refuses those: tests find a field that the schema forgot
 */
export function documentSchema(closed = false): JsonSchema {
  const schema: JsonSchema = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Tapline's documents",
    description: `A line of NDJSON, an element of \`-o json\`: version ${DOCUMENT_VERSION}. Times are RFC 3339, 64-bit numbers are texts.`,
    oneOf: [...ROWS.map(({ kind }) => ({ $ref: `#/$defs/${kind}` })), { $ref: "#/$defs/flow" }],
    $defs: {
      ...Object.fromEntries(ROWS.map(({ kind, doc, document }) => [kind, exchangeSchema(kind, doc, document.schema)])),
      flow: FLOW_DOCUMENT,
      ...DEFINITIONS,
    },
  };
  return closed ? closeSchema(schema) : schema;
}

function exchangeSchema(kind: string, doc: string, own: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return {
    description: doc,
    ...record(
      {
        type: { const: "exchange" },
        version: { const: DOCUMENT_VERSION },
        kind: { const: kind },
        id: INTEGER,
        protocol: TEXT,
        index: INTEGER,
        connection: reference("connection"),
        times: reference("times"),
        quality: { enum: [...QUALITIES] },
        problems: listOf(TEXT),
        operation: TEXT,
        applications: listOf({ oneOf: Object.entries(APPLICATIONS).map(applicationSchema) }),
      },
      {
        time: reference("timestamp"),
        application: TEXT,
        durationMs: NUMBER,
        outcome: record({ result: { enum: [...OUTCOME_RESULTS] } }, { reason: TEXT }),
        service: NAMED,
        peer: NAMED,
        traceId: TEXT,
        ...own,
      },
    ),
  };
}

const NAMED = record({ name: TEXT, source: { enum: [...NAME_SOURCES] } });

function applicationSchema([name, { schema }]: [
  string,
  { readonly schema: Readonly<Record<string, JsonSchema>> },
]): JsonSchema {
  return record({ name: { const: name } }, schema);
}

/** The same schema, which refuses fields that it does not name. */
export function closeSchema(schema: JsonSchema): JsonSchema {
  return close(schema) as JsonSchema;
}

function close(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(close);
  if (typeof schema !== "object" || schema === null) return schema;
  const closed = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, close(value)]));
  return "properties" in schema && !("additionalProperties" in schema)
    ? { ...closed, additionalProperties: false }
    : closed;
}
