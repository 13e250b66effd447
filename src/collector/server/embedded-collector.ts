import { decodeContent } from "../../analysis/content/node-content-decoder.ts";
import { type Presentation, presentExchange } from "../../analysis/content/present-exchange.ts";
import { DEFAULT_LIMITS } from "../../analysis/limits.ts";
import type { PipelineOutput } from "../../analysis/pipeline/flow-pipeline.ts";
import { createNodeRedactor } from "../../analysis/redaction/node-redactor.ts";
import { formatEndpoint, type IpEndpoint, type Ledger, type Logger, type MemoryBudget } from "../../model/index.ts";
import { findFreePort } from "../../source/demo/free-port.ts";
import { pageFolder } from "../api/page-folder.ts";
import { SqliteStore } from "../store/sqlite-store.ts";
import { Collector } from "./collector.ts";

export interface EmbeddedCollectorOptions {
  readonly page: IpEndpoint;
  readonly data: string;
  readonly logger: Logger;
}

const DAY = 24 * 3600 * 1000;
/** Kept at most by a first look. */
const MAX_BYTES = 2 * 1024 ** 3;

function createPresentation(): Presentation {
  return { decode: decodeContent, redactor: createNodeRedactor(), limits: DEFAULT_LIMITS, showsBodies: true };
}

/** The process that it is in. */
interface Surroundings {
  readonly ledger: Ledger;
  readonly budget: MemoryBudget;
}

/** A collector in the process of a proxy: its ledger and its budget are the proxy's. */
export class EmbeddedCollector {
  readonly #options: EmbeddedCollectorOptions;
  readonly #store: SqliteStore;
  readonly #page: string;
  #collector: Collector | undefined;
  #stopping: Promise<void> | undefined;

  private constructor(options: EmbeddedCollectorOptions, store: SqliteStore, page: string) {
    this.#options = options;
    this.#store = store;
    this.#page = page;
  }

  /** @throws TaplineError */
  static async open(options: EmbeddedCollectorOptions): Promise<EmbeddedCollector> {
    const store = await SqliteStore.open({ folder: options.data, keepMillis: 7 * DAY, maxBytes: MAX_BYTES });
    return new EmbeddedCollector(options, store, await pageFolder(options.logger));
  }

  /**
   * The output that keeps what the proxy sees, with bodies: redacted, whatever is shown.
   * @param isRedacted by the pipeline already
   */
  createOutput({ ledger, budget }: Surroundings, isRedacted: boolean): PipelineOutput {
    const { page, data, logger } = this.#options;
    this.#collector = new Collector({
      store: this.#store,
      ledger,
      budget,
      logger,
      redactor: undefined,
      listen: page,
      access: { token: process.env["TAPLINE_TOKEN"] || undefined },
      page: this.#page,
      data,
    });
    const { intake, senders, coverage } = this.#collector;
    // The proxy is in this process: where nothing passes it, there is nothing.
    coverage.attach();
    const { exchanges, flows } = intake.sinks;
    const presentation = createPresentation();
    return {
      showsBodies: true,
      flows,
      exchanges: {
        ...exchanges,
        submit(exchange) {
          senders.count("proxy", exchange.connection.source ?? "proxy", 1);
          return exchanges.submit(isRedacted ? exchange : presentExchange(exchange, presentation));
        },
      },
    };
  }

  /** Gives where the page is: another port where the wanted one is taken. @param proxy whose clients are seen */
  async start(proxy: IpEndpoint): Promise<IpEndpoint> {
    this.#collector!.listeners.push({ kind: "proxy", url: `http://${formatEndpoint(proxy)}` });
    return this.#collector!.start(await findFreePort(this.#options.page));
  }

  /** Further calls do nothing. */
  stop(): Promise<void> {
    this.#stopping ??= this.#collector === undefined ? this.#store.close() : this.#collector.stop();
    return this.#stopping;
  }
}
