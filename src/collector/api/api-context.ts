import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import type { Ledger, MemoryBudget } from "../../model/index.ts";
import type { LiveFeed } from "../intake/live-feed.ts";
import type { TrafficCounts } from "../intake/traffic-counts.ts";
import type { ExchangeStore, SeriesGap } from "../store/exchange-store.ts";
import type { RawKeeper } from "../store/raw-keeper.ts";
import type { Access, Person } from "./access.ts";
import type { AuditLog } from "./audit-log.ts";
import type { PageFile } from "./page-files.ts";
import type { ListenerFacts, SourceFacts } from "./source-facts.ts";

export interface ApiOptions {
  readonly store: ExchangeStore;
  readonly feed: LiveFeed;
  readonly access: Access;
  readonly audit: AuditLog;
  readonly ledger: Ledger;
  readonly budget: MemoryBudget;
  /** Files of the page by their paths. */
  readonly page: ReadonlyMap<string, PageFile>;
  /** Who sends, and what was lost on the way. */
  readonly sources: () => readonly SourceFacts[];
  /** Where senders are taken; none: nobody can send. */
  readonly listeners: () => readonly ListenerFacts[];
  /** Gives exchanges as they came; absent: they are kept redacted alone. */
  readonly raw: RawKeeper | undefined;
  /** Requests that were kept since the start, for Prometheus. */
  readonly traffic: TrafficCounts;
  /** When nobody was there to send, and when something was lost; absent: nothing is kept as it comes. */
  readonly coverage?: { gaps(from: number, to: number, width: number): readonly SeriesGap[] };
  /** Why it is not ready to take more; undefined: it is. */
  readonly notReady: () => string | undefined;
  /** Nothing is kept, and nothing can be removed: the page looks at files. */
  readonly isReadOnly?: boolean;
}

export type Api = FastifyInstance<Server, IncomingMessage, ServerResponse, FastifyBaseLogger, ZodTypeProvider>;

declare module "fastify" {
  interface FastifyRequest {
    person: Person;
    /** Aborted when whoever asked has gone before the answer was there. */
    gone: AbortSignal;
  }
}

/** Aborted when whoever asked has gone. */
export function goneSignal({ gone }: FastifyRequest): AbortSignal {
  return gone;
}

/** @throws TaplineError `usage` with status 403 */
export function needAdmin(request: FastifyRequest, what: string): void {
  if (request.person.role === "admin") return;
  throw Object.assign(new Error(`${what} needs the role admin`), { statusCode: 403 });
}
