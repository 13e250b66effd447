import { join } from "node:path";
import { decodeContent } from "../../analysis/content/node-content-decoder.ts";
import { ExchangePipeline } from "../../analysis/pipeline/exchange-pipeline.ts";
import type { PipelineOutput } from "../../analysis/pipeline/flow-pipeline.ts";
import type { Redactor } from "../../analysis/redaction/index.ts";
import {
  deadlineIn,
  type Exchange,
  formatError,
  type IpEndpoint,
  type Ledger,
  type Logger,
  type MemoryBudget,
} from "../../model/index.ts";
import { Access, type AccessOptions } from "../api/access.ts";
import { ApiServer } from "../api/api-server.ts";
import { AuditLog } from "../api/audit-log.ts";
import { readPageFiles } from "../api/page-files.ts";
import type { ListenerFacts } from "../api/source-facts.ts";
import { lostOf } from "../api/stream-route.ts";
import { Intake } from "../intake/intake.ts";
import { LiveFeed } from "../intake/live-feed.ts";
import { TrafficCounts } from "../intake/traffic-counts.ts";
import type { ExchangeStore } from "../store/exchange-store.ts";
import type { RawKeeper } from "../store/raw-keeper.ts";
import { isCounted } from "../store/record/exchange-record.ts";
import { Coverage } from "./coverage.ts";
import { Senders } from "./senders.ts";

export interface CollectorOptions {
  readonly store: ExchangeStore;
  readonly ledger: Ledger;
  /** A part of it is charged with everything that waits for the disk. */
  readonly budget: MemoryBudget;
  readonly logger: Logger;
  /** Takes out what senders left in. */
  readonly redactor: Redactor | undefined;
  readonly listen: IpEndpoint;
  readonly access: Omit<AccessOptions, "host">;
  /** The folder of the page's files. */
  readonly page: string;
  /** The folder of the store, where the audit log stands too; absent: none is kept. */
  readonly data?: string;
  readonly isReadOnly?: boolean;
  /** Keeps what came as it came, too. */
  readonly raw?: RawKeeper | undefined;
  /** They get what is kept, once it is: what they do not take, they book. */
  readonly forward?: readonly PipelineOutput[];
  /** Told of each request that is kept: of several views of one, once. */
  readonly measure?: ((exchange: Exchange) => void) | undefined;
}

/** The part of the budget that may wait for the disk. */
const WAITING_SHARE = 4;
/** Between two looks at who is there. */
const LOOK_MILLIS = 10_000;
/** How long those that it passes on to have for the last of it. */
const FORWARD_MILLIS = 10_000;

/** Keeps and answers: store, intake, live feed and API put together. Receivers hand to its intake. */
export class Collector {
  readonly intake: Intake;
  readonly feed = new LiveFeed();
  /** Charged by receivers with what they have begun to read. */
  readonly receiving: MemoryBudget;
  readonly senders = new Senders();
  readonly traffic = new TrafficCounts();
  readonly coverage: Coverage;
  /** Where senders are taken: told by whoever listens. */
  readonly listeners: ListenerFacts[] = [];
  readonly #options: CollectorOptions;
  readonly #audit: AuditLog;
  #api: ApiServer | undefined;
  #looking: NodeJS.Timeout | undefined;
  #isStopping = false;
  #failure: string | undefined;

  constructor(options: CollectorOptions) {
    this.#options = options;
    const { store, ledger, budget, logger, data } = options;
    const passesOn = options.measure !== undefined || (options.forward ?? []).length > 0;
    this.coverage = new Coverage({
      file: data === undefined || options.isReadOnly === true ? undefined : join(data, "coverage"),
      lost: () => lostOf(ledger),
      lastSeen: () => this.senders.lastSeen,
      awaitedUntil: () => this.senders.awaitedUntil,
    });
    this.#audit = new AuditLog(data === undefined ? undefined : join(data, "audit.ndjson"));
    this.receiving = budget.child(Math.floor(budget.limit / WAITING_SHARE));
    this.intake = new Intake({
      store,
      ledger,
      budget: budget.child(Math.floor(budget.limit / WAITING_SHARE)),
      wantsExchanges: () => passesOn || this.feed.looksAtExchanges,
      onStored: (first, stored, flows) => {
        this.#failure = undefined;
        this.feed.tell(first, stored);
        for (const output of options.forward ?? []) {
          for (const { exchange } of stored) output.exchanges?.submit(exchange!);
          for (const event of flows) output.flows?.submit(event);
        }
        for (const { exchange, record } of stored) {
          if (!isCounted(record)) continue;
          this.traffic.add(record);
          options.measure?.(exchange!);
        }
      },
      onFailure: (error) => {
        if (this.#failure === undefined) logger.error({ error: formatError(error) }, "the store does not take more");
        this.#failure = formatError(error);
      },
    });
  }

  /** Why it takes nothing at the moment; undefined: it does. */
  get notReady(): string | undefined {
    return this.#isStopping ? "it is ending" : this.#failure;
  }

  /** The one way from what is received to what is kept: `decode ▶ redact ▶ store`. */
  createPipeline(): ExchangePipeline {
    const { ledger, budget, redactor, raw } = this.#options;
    return new ExchangePipeline({
      ledger,
      budget,
      decode: decodeContent,
      redactor,
      outputs: [
        { ...this.intake.sinks, showsBodies: true },
        ...(raw === undefined ? [] : [{ exchanges: raw.sink, redaction: "none" as const }]),
      ],
    });
  }

  /** Listens; gives the address. @throws TaplineError */
  async start(listen = this.#options.listen): Promise<IpEndpoint> {
    const { access, store, ledger, page, isReadOnly } = this.#options;
    this.#api = await ApiServer.create({
      store,
      ledger,
      budget: this.#options.budget,
      feed: this.feed,
      audit: this.#audit,
      access: new Access({ ...access, host: listen.address }),
      page: readPageFiles(page),
      sources: () => this.senders.facts,
      listeners: () => this.listeners,
      traffic: this.traffic,
      ...(isReadOnly !== true && { coverage: this.coverage }),
      raw: this.#options.raw,
      notReady: () => this.notReady,
      ...(isReadOnly !== undefined && { isReadOnly }),
    });
    this.#looking = setInterval(() => this.coverage.look(), LOOK_MILLIS).unref();
    return this.#api.listen(listen);
  }

  /** Takes nothing more, keeps what it took, and closes the store. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    clearInterval(this.#looking);
    if (this.#options.isReadOnly !== true) this.coverage.close();
    await this.intake.settled().catch(() => {});
    const deadline = deadlineIn(FORWARD_MILLIS);
    for (const { exchanges, flows } of this.#options.forward ?? [])
      await Promise.all([exchanges?.close(deadline), flows?.close(deadline)]);
    await this.#api?.close();
    await this.#audit.close();
    await this.#options.raw?.close();
    await this.#options.store.close();
  }
}
