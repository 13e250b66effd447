import type { OpaqueExchange, OpaqueSide } from "../../model/index.ts";
import type { Fields } from "../../wire/json/fields.ts";
import { readTime } from "../../wire/json/read-values.ts";
import { bodyDocument, type JsonSchema, readBody, record, reference, time } from "../../wire/ndjson/index.ts";
import type { DocumentCodec } from "../protocols/document-codec.ts";

/** There is no head. */
const NONE: JsonSchema = { type: "array", maxItems: 0 };

const SIDE = record(
  {
    headers: NONE,
    trailers: NONE,
    headBytes: { const: 0 },
    body: reference("body"),
  },
  { started: reference("timestamp"), finished: reference("timestamp") },
);

/** Each side as a message without a head: what reads the documents of HTTP reads these too. */
export const OPAQUE_DOCUMENT: DocumentCodec<OpaqueExchange> = {
  schema: { stream: { const: 0 }, request: SIDE, response: SIDE },
  write: ({ client, server }) => ({
    stream: 0,
    request: client && sideDocument(client),
    response: server && sideDocument(server),
  }),
  read(document, base) {
    const client = document.optional("request");
    const server = document.optional("response");
    return {
      ...base,
      kind: "opaque",
      ...(client && { client: readSide(client) }),
      ...(server && { server: readSide(server) }),
    };
  },
};

function sideDocument({ body, started, finished }: OpaqueSide): object {
  return {
    headers: [],
    trailers: [],
    headBytes: 0,
    body: bodyDocument(body),
    started: time(started),
    finished: time(finished),
  };
}

function readSide(fields: Fields): OpaqueSide {
  const started = readTime(fields, "started");
  const finished = readTime(fields, "finished");
  return {
    body: readBody(fields.object("body")),
    ...(started && { started }),
    ...(finished && { finished }),
  };
}
