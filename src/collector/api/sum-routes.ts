import { z } from "zod";
import { type Api, type ApiOptions, goneSignal } from "./api-context.ts";
import { facets, filter, latency, problem, range, series, services } from "./schemas.ts";

const DAY = 24 * 3600 * 1e6;
const errors = { 400: problem, 401: problem };

/** Counts and rates. */
export function defineSumRoutes(api: Api, { store, coverage }: ApiOptions): void {
  api.get(
    "/api/v1/series",
    {
      schema: {
        summary: "Requests by time and outcome, and when nobody was there to send or something was lost",
        querystring: z.object({ filter, ...range, buckets: z.coerce.number().int().min(1).max(2000).default(120) }),
        response: { 200: series, ...errors },
      },
    },
    async (request) => {
      const { query } = request;
      const to = query.to ?? Date.now() * 1000;
      const answer = await store.series({ ...query, from: query.from ?? to - DAY, to }, goneSignal(request));
      return { ...answer, ...(coverage && { gaps: coverage.gaps(answer.from, to, answer.width) }) } as never;
    },
  );

  api.get(
    "/api/v1/latency",
    {
      schema: {
        summary: "How long requests took: quantiles in nanoseconds, with a filter of the newest that match",
        querystring: z.object({ filter, ...range }),
        response: { 200: latency, ...errors },
      },
    },
    async (request) => (await store.latency(request.query, goneSignal(request))) as never,
  );

  api.get(
    "/api/v1/facets",
    {
      schema: {
        summary: "The most frequent values of attributes among the newest that match",
        querystring: z.object({
          filter,
          ...range,
          attributes: z
            .string()
            .max(1000)
            .transform((text) => text.split(",").filter(Boolean)),
          limit: z.coerce.number().int().min(1).max(1000).default(12),
        }),
        response: { 200: facets, ...errors },
      },
    },
    async (request) => store.facets(request.query, goneSignal(request)) as never,
  );

  api.get(
    "/api/v1/services",
    {
      schema: {
        summary: "Rates, errors and latencies by service, method and route",
        querystring: z.object(range),
        response: { 200: services, ...errors },
      },
    },
    async (request) => ({ routes: await store.services(request.query, goneSignal(request)) }) as never,
  );
}
