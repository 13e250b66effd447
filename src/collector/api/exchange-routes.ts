import { z } from "zod";
import type { StoredExchange } from "../store/exchange-store.ts";
import { readStoredDocument } from "../store/record/read-document.ts";
import { type Api, type ApiOptions, goneSignal, needAdmin } from "./api-context.ts";
import { EXPORTS, exportExchange } from "./export-exchange.ts";
import { hideContents } from "./hide-contents.ts";
import { exchange, filter, list, problem, range } from "./schemas.ts";

const id = z.object({ id: z.coerce.number().int().positive() });
const errors = { 400: problem, 401: problem, 403: problem, 404: problem };

/** Lists, one exchange, its bytes; removing. */
export function defineExchangeRoutes(api: Api, { store, audit, raw, isReadOnly }: ApiOptions): void {
  api.get(
    "/api/v1/exchanges",
    {
      schema: {
        summary: "Exchanges that match, page by page. Where isComplete is false, the cursor goes on searching.",
        querystring: z.object({
          filter,
          ...range,
          connection: z.string().max(1024).optional().describe("only what was on it, as items name it"),
          cursor: z.string().max(64).optional(),
          limit: z.coerce.number().int().min(1).max(1000).default(100),
          order: z.enum(["newest", "oldest", "slowest", "largest"]).default("newest"),
        }),
        response: { 200: list, ...errors },
      },
    },
    async (request) => (await store.list(request.query, goneSignal(request))) as never,
  );

  api.get(
    "/api/v1/exchanges/:id",
    { schema: { summary: "One exchange, with its document", params: id, response: { 200: exchange, ...errors } } },
    async (request, reply) => {
      const found = await store.find(request.params.id, goneSignal(request));
      if (found === undefined) return reply.code(404).send(missing(request.params.id));
      const hidden = request.person.role !== "admin";
      if (!hidden) await audit.note(request.person, "see", { id: found.id });
      return { id: found.id, item: found.item, hidden, document: documentOf(found, hidden) } as never;
    },
  );

  api.get(
    "/api/v1/exchanges/:id/bytes",
    {
      schema: {
        summary: `One exchange as a file: ${Object.keys(EXPORTS).join(", ")}`,
        params: id,
        querystring: z.object({
          format: z.enum(Object.keys(EXPORTS) as [string]).default("ndjson"),
          raw: z.enum(["true", "false"]).default("false").describe("as it came, where --keep-raw keeps it"),
        }),
      },
    },
    async (request, reply) => {
      needAdmin(request, "taking a copy");
      const found = await store.find(request.params.id, goneSignal(request));
      if (found === undefined) return reply.code(404).send(missing(request.params.id));
      const { format } = request.query;
      const isRaw = request.query.raw === "true";
      const chosen = isRaw ? await raw?.find(found) : found;
      if (chosen === undefined) return reply.code(404).send(missingRaw(found.id, raw !== undefined));
      await audit.note(request.person, isRaw ? "copy-raw" : "copy", { id: found.id, format });
      const { type, extension } = EXPORTS[format]!;
      const bytes = await exportExchange(readStoredDocument(chosen.document, chosen.id), format);
      return reply
        .type(type)
        .header("content-disposition", `attachment; filename="exchange-${found.id}.${extension}"`)
        .send(bytes);
    },
  );

  api.delete(
    "/api/v1/exchanges",
    {
      schema: {
        summary: "Removes what matches; without a filter and a range nothing is removed",
        querystring: z.object({ filter, ...range }),
        response: { 200: z.object({ removed: z.number() }), ...errors },
      },
    },
    async (request, reply) => {
      needAdmin(request, "removing");
      const { query } = request;
      if (isReadOnly === true || (query.filter === undefined && query.from === undefined && query.to === undefined))
        return reply
          .code(400)
          .send({ error: { code: "usage", message: "a filter or a range is needed: filter=true removes all" } });
      const removed = await store.remove(query, goneSignal(request));
      await audit.note(request.person, "remove", { ...query, removed });
      return { removed };
    },
  );

  api.get(
    "/api/v1/traces/:trace",
    {
      schema: {
        summary: "All hops of one request, in their order",
        params: z.object({ trace: z.string().min(1).max(256) }),
        response: { 200: list, ...errors },
      },
    },
    async (request) => {
      const filterText = `trace.id == ${JSON.stringify(request.params.trace)}`;
      return (await store.list({ filter: filterText, limit: 1000, order: "oldest" }, goneSignal(request))) as never;
    },
  );
}

function documentOf({ id: number, document }: StoredExchange, hidden: boolean): unknown {
  const whole = { ...(JSON.parse(document) as object), id: number };
  return hidden ? hideContents(whole) : whole;
}

function missingRaw(number: number, isKept: boolean) {
  const message = isKept
    ? `exchange ${number} is no longer kept as it came`
    : "what came is kept redacted alone: tapline collector --keep-raw";
  return { error: { code: "not-found", message } };
}

function missing(number: number) {
  return { error: { code: "not-found", message: `there is no exchange ${number}, or it is no longer kept` } };
}
