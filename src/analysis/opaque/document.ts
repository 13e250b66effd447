import { EPOCH, type OpaqueExchange, type OpaqueSide } from "../../model/index.ts";
import type { Fields } from "../../wire/json/fields.ts";
import { readTime } from "../../wire/json/read-values.ts";
import { bodyDocument, readBody, time } from "../../wire/ndjson/index.ts";
import type { DocumentCodec } from "../protocols/document-codec.ts";

/** Each side as a message without a head: what reads the documents of HTTP reads these too. */
export const OPAQUE_DOCUMENT: DocumentCodec<OpaqueExchange> = {
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
  const finished = readTime(fields, "finished");
  return {
    body: readBody(fields.object("body")),
    started: readTime(fields, "started") ?? EPOCH,
    ...(finished && { finished }),
  };
}
