import { formatError, type Ledger, type LedgerBook, type Logger, type MemoryBudget } from "../../model/index.ts";
import type { OapClient } from "../../sink/skywalking/oap-client.ts";
import type { EBPFAccessLogMessage } from "../../wire/skywalking/gen/skywalking/v3/access_log_pb.js";

export interface OapRelayOptions {
  readonly client: OapClient;
  /** Books `passed-on-access-logs`: messages. */
  readonly ledger: Ledger;
  /** Charged with the messages that wait, roughly. */
  readonly budget: MemoryBudget;
  readonly logger: Logger;
}

/** Messages of one stream to the OAP. */
const MESSAGES = 5000;
/** Memory of a message while it waits, roughly: they hold little text. */
const MESSAGE_BYTES = 2048;
const TRIES = 3;
const RETRY_MILLIS = 500;
const STREAM_MILLIS = 20_000;

/**
 * Passes access logs on to a SkyWalking OAP as they came, so that an agent that reports to the collector reports there too. What the OAP
 * does not take after three tries is dropped and counted; nothing waits for it.
 */
export class OapRelay {
  readonly #options: OapRelayOptions;
  readonly #book: LedgerBook;
  #waiting: EBPFAccessLogMessage[] = [];
  #running: Promise<void> | undefined;

  constructor(options: OapRelayOptions) {
    this.#options = options;
    this.#book = options.ledger.book("passed-on-access-logs");
  }

  /** The messages of one stream, whole: the first says of which node they are. */
  take(messages: readonly EBPFAccessLogMessage[]): void {
    this.#book.enter(messages.length);
    if (!this.#options.budget.tryReserve(messages.length * MESSAGE_BYTES)) {
      this.#book.settleDropped("backend-slow", messages.length);
      return;
    }
    this.#waiting.push(...messages);
    this.#running ??= this.#run();
  }

  /** Process reports are asked through: the OAP gives the identifiers. Undefined where it does not answer. */
  async ask<Answer>(
    question: (processes: OapClient["processes"], headers: OapClient["headers"]) => Promise<Answer>,
  ): Promise<Answer | undefined> {
    const { client, logger } = this.#options;
    try {
      return await question(client.processes, client.headers);
    } catch (error) {
      logger.warn({ error: formatError(error) }, "the OAP does not answer");
      return undefined;
    }
  }

  /** Sends the rest; each stream has its time. */
  async close(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) await this.#send(this.#waiting.splice(0, endOfStream(this.#waiting)));
    this.#running = undefined;
  }

  async #send(messages: readonly EBPFAccessLogMessage[]): Promise<void> {
    const { client, budget, logger } = this.#options;
    for (let attempt = 1; ; attempt++) {
      try {
        await client.logs.collect(each(messages), { headers: client.headers, timeoutMs: STREAM_MILLIS });
        this.#book.settleHandled(messages.length);
        break;
      } catch (error) {
        if (attempt < TRIES) {
          await new Promise((resolve) => setTimeout(resolve, RETRY_MILLIS * attempt));
          continue;
        }
        logger.warn({ error: formatError(error) }, "the OAP does not take access logs");
        this.#book.settleDropped("backend", messages.length);
        break;
      }
    }
    budget.release(messages.length * MESSAGE_BYTES);
  }
}

/** A stream begins with its node: several are cut apart there, so that none begins without. */
function endOfStream(messages: readonly EBPFAccessLogMessage[]): number {
  if (messages.length <= MESSAGES) return messages.length;
  const next = messages.findIndex(({ node }, index) => index >= MESSAGES && node !== undefined);
  return next < 0 ? messages.length : next;
}

async function* each(messages: readonly EBPFAccessLogMessage[]): AsyncGenerator<EBPFAccessLogMessage> {
  yield* messages;
}
