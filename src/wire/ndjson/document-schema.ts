/** A JSON Schema (draft 2020-12), or a part of one. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/** A JSON object with these members; those of `optional` may be absent. */
export function record(
  required: Readonly<Record<string, JsonSchema>>,
  optional: Readonly<Record<string, JsonSchema>> = {},
): JsonSchema {
  return { type: "object", properties: { ...required, ...optional }, required: Object.keys(required) };
}

export function listOf(items: JsonSchema): JsonSchema {
  return { type: "array", items };
}

/** One of the definitions below. */
export function reference(name: keyof typeof DEFINITIONS): JsonSchema {
  return { $ref: `#/$defs/${name}` };
}

export const TEXT: JsonSchema = { type: "string" };
export const INTEGER: JsonSchema = { type: "integer" };
export const FLAG: JsonSchema = { type: "boolean" };
export const NUMBER: JsonSchema = { type: "number" };

/** Bytes: `text` where they are UTF-8, `base64` where not. */
export const CONTENT = { text: TEXT, base64: { type: "string", contentEncoding: "base64" } };

const TIMESTAMP: JsonSchema = { $ref: "#/$defs/timestamp" };
const ENDPOINT: JsonSchema = { $ref: "#/$defs/endpoint" };

/** The parts of documents of all types: beside `document-parts.ts`, which writes it. */
export const DEFINITIONS = {
  timestamp: { type: "string", format: "date-time", description: "RFC 3339 in UTC, to the nanosecond" },
  endpoint: {
    oneOf: [record({ address: TEXT, port: { type: "integer", minimum: 0, maximum: 65_535 } }), record({ path: TEXT })],
  },
  connection: record(
    {
      id: { type: "string", pattern: "^\\d+$" },
      transport: { enum: ["tcp", "udp", "pipe"] },
      role: { enum: ["server", "client", "unknown"] },
    },
    {
      local: ENDPOINT,
      remote: ENDPOINT,
      dialled: TIMESTAMP,
      opened: TIMESTAMP,
      closed: TIMESTAMP,
      tls: record(
        {},
        {
          version: TEXT,
          cipher: TEXT,
          sni: TEXT,
          alpn: TEXT,
          alpnOffered: listOf(TEXT),
          ja4: TEXT,
          started: TIMESTAMP,
          finished: TIMESTAMP,
          decrypted: FLAG,
        },
      ),
      tunnel: record({ type: TEXT }, { id: INTEGER, source: TEXT, destination: TEXT }),
      process: record({ pid: INTEGER }, { command: TEXT, cgroup: TEXT, pod: TEXT, namespace: TEXT }),
      source: TEXT,
      namespace: TEXT,
      seenAt: { enum: ["listener", "cluster"] },
      named: { ...record({}, { local: TEXT, remote: TEXT }), description: "how its ends call themselves" },
      forwardedOn: { $ref: "#/$defs/connection", description: "the connection that a proxy forwards its bytes on" },
    },
  ),
  header: {
    ...record({ name: { type: ["string", "null"] }, value: { type: ["string", "null"] } }, { sensitive: FLAG }),
    description: "null is what a header compression hid",
  },
  body: record({ size: INTEGER, truncated: FLAG, complete: FLAG }, { decodedFrom: TEXT, ...CONTENT }),
  times: record(
    {},
    {
      connectStart: TIMESTAMP,
      connectEnd: TIMESTAMP,
      tlsStart: TIMESTAMP,
      tlsEnd: TIMESTAMP,
      requestStart: TIMESTAMP,
      requestEnd: TIMESTAMP,
      responseStart: TIMESTAMP,
      responseEnd: TIMESTAMP,
    },
  ),
} satisfies Record<string, JsonSchema>;
