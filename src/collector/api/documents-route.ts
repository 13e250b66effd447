import { Readable } from "node:stream";
import { z } from "zod";
import type { ExchangeStore, ListQuery } from "../store/exchange-store.ts";
import { type Api, type ApiOptions, goneSignal } from "./api-context.ts";
import { hideContents } from "./hide-contents.ts";
import { filter, range } from "./schemas.ts";

/** Exchanges that are found at once. */
const PAGE = 200;
const MOST = 1_000_000;

/** `GET /api/v1/documents`: what matches as NDJSON, as it is found. */
export function defineDocuments(api: Api, { store, audit }: ApiOptions): void {
  api.get(
    "/api/v1/documents",
    {
      schema: {
        summary: "What matches, as NDJSON: one document a line (schema/document.schema.json)",
        querystring: z.object({
          filter,
          ...range,
          limit: z.coerce.number().int().min(1).max(MOST).default(1000),
          order: z.enum(["newest", "oldest"]).default("newest"),
        }),
      },
    },
    async (request, reply) => {
      const hidden = request.person.role !== "admin";
      const { query } = request;
      const signal = goneSignal(request);
      // A wrong filter is told before anything else.
      await store.list({ ...query, limit: 1 }, signal);
      if (!hidden)
        await audit.note(request.person, "copy", { filter: query.filter, limit: query.limit, format: "ndjson" });
      reply.type("application/x-ndjson");
      return reply.send(Readable.from(documentsOf(store, query, hidden, signal)));
    },
  );
}

async function* documentsOf(
  store: ExchangeStore,
  { limit, ...query }: ListQuery,
  hidden: boolean,
  signal: AbortSignal,
): AsyncGenerator<string> {
  let cursor: string | undefined;
  let left = limit;
  do {
    const answer = await store.list({ ...query, limit: Math.min(PAGE, left), cursor }, signal);
    for (const { id } of answer.items) {
      const found = await store.find(id, signal);
      if (found === undefined) continue;
      left--;
      const document = { ...(JSON.parse(found.document) as object), id };
      yield `${JSON.stringify(hidden ? hideContents(document) : document)}\n`;
    }
    cursor = answer.cursor;
  } while (cursor !== undefined && left > 0);
}
