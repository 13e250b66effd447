import { z } from "zod";
import { ATTRIBUTES } from "../../analysis/filter/index.ts";
import { formatType } from "../../analysis/filter/value.ts";
import { type Statistic, VERSION } from "../../model/index.ts";
import { formatAsPrometheus } from "../../sink/admin/stats/format-statistics.ts";
import { collectLedgerStatistics, collectMemoryStatistics } from "../../sink/admin/stats/process-statistics.ts";
import { columnOf } from "../store/record/columns.ts";
import { type Api, type ApiOptions, goneSignal } from "./api-context.ts";
import { range } from "./schemas.ts";

/** Facts about the collector itself, and flows. */
export function defineFactRoutes(api: Api, options: ApiOptions): void {
  const { store, ledger, sources, notReady, access } = options;

  api.get("/api/v1/me", { schema: { summary: "Who asks, and what the collector is" } }, async (request) => ({
    role: request.person.role,
    name: request.person.name,
    version: VERSION,
    isReadOnly: options.isReadOnly === true,
    needsToken: access.needsToken,
  }));

  api.get("/api/v1/attributes", { schema: { summary: "Names of the filter language" } }, async () => ({
    attributes: ATTRIBUTES.filter(({ get }) => get.exchange !== undefined).map(
      ({ name, type, doc, values, kinds }) => ({
        name,
        type: formatType(type),
        doc,
        kinds,
        values,
        isIndexed: columnOf(name) !== undefined,
      }),
    ),
  }));

  api.get(
    "/api/v1/ledger",
    { schema: { summary: "Everything that entered, and what became of it" } },
    async () => ledger.facts,
  );

  api.get("/api/v1/sources", { schema: { summary: "Who sends, and where senders are taken" } }, async () => ({
    sources: sources(),
    listeners: options.listeners(),
    store: await store.facts(),
  }));

  api.get(
    "/api/v1/flows",
    {
      schema: {
        summary: "Flows of the datapath, the newest first",
        querystring: z.object({ ...range, limit: z.coerce.number().int().min(1).max(1000).default(100) }),
      },
    },
    async (request) => ({ flows: await store.flows(request.query, goneSignal(request)) }),
  );

  api.get("/api/v1/openapi.json", { schema: { hide: true } }, async () =>
    (api as unknown as { swagger(): unknown }).swagger(),
  );
  api.get("/metrics", { schema: { hide: true } }, async (_, reply) => {
    const facts = await store.facts();
    const level = (name: string, value: number | undefined): Statistic[] => {
      const whole = `tapline.store.${name}`;
      return value === undefined ? [] : [{ name: whole, family: whole, labels: {}, kind: "gauge", value }];
    };
    reply.type("text/plain; version=0.0.4; charset=utf-8");
    return reply.send(
      options.traffic.asPrometheus() +
        formatAsPrometheus([
          ...collectLedgerStatistics(ledger),
          ...collectMemoryStatistics(options.budget),
          ...level("exchanges", facts.exchanges),
          ...level("bytes", facts.bytes),
          ...level("segments", facts.segments),
          ...level("waiting_bytes", facts.waitingBytes),
        ]),
    );
  });
  api.get("/health", { schema: { hide: true } }, async () => ({ status: "alive" }));
  api.get("/ready", { schema: { hide: true } }, async (_, reply) => {
    const reason = notReady();
    return reply.code(reason === undefined ? 200 : 503).send({ ready: reason === undefined, reason });
  });
}
