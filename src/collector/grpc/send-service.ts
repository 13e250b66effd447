import { Code, ConnectError } from "@connectrpc/connect";
import type { ExchangePipeline } from "../../analysis/pipeline/exchange-pipeline.ts";
import { EXCHANGE_CODEC } from "../../analysis/protocols/index.ts";
import { formatError, type Ledger } from "../../model/index.ts";
import { NdjsonReader } from "../../wire/ndjson/index.ts";
import type { SendRequest } from "../../wire/send/gen/tapline/v1/send_pb.js";
import type { Collector } from "../server/collector.ts";
import type { ExchangeStore } from "../store/exchange-store.ts";

export interface SendServiceOptions {
  readonly collector: Collector;
  readonly store: ExchangeStore;
  readonly pipeline: ExchangePipeline;
  /** Books `sent-documents`. */
  readonly ledger: Ledger;
}

const KIND = "send";
/** Bytes that a batch takes while it waits for the disk, to those that it came in: as characters of two bytes, with what stands beside each. */
const ROOM_FACTOR = 6;

/**
 * The other end of `--send`: batches of documents, numbered by their sender, acknowledged when they are on disk. A batch that was kept
 * before is acknowledged again, and not kept again.
 */
export class SendService {
  readonly #options: SendServiceOptions;

  constructor(options: SendServiceOptions) {
    this.#options = options;
  }

  async *send(requests: AsyncIterable<SendRequest>): AsyncGenerator<{ sequence: bigint }> {
    const { collector } = this.#options;
    let position: number | undefined;
    for await (const { sender, sequence, documents, version } of requests) {
      if (sender === "" || sequence === 0n)
        throw new ConnectError("a sender and a number are needed", Code.InvalidArgument);
      position ??= await this.#positionOf(sender, sequence);
      if (Number(sequence) > position) {
        // All of a batch is taken, or nothing of it: who is acknowledged forgets it.
        while (!collector.intake.hasRoomFor(ROOM_FACTOR * documents.length))
          await collector.intake.settled().catch(() => {});
        const name = sender.replace(/\/[^/]*$/, "");
        const taken = this.#take(documents, name);
        collector.intake.note({ id: sender, sequence: Number(sequence), seen: Date.now() });
        try {
          await collector.intake.settled();
        } catch (error) {
          throw new ConnectError((error as Error).message, Code.ResourceExhausted);
        }
        position = Number(sequence);
        collector.senders.count(KIND, name, taken);
        collector.senders.describe(KIND, name, version);
      }
      yield { sequence: BigInt(position) };
    }
  }

  /** A sender that begins has no position that could be asked for. @throws ConnectError where nobody can tell: it is to come again */
  async #positionOf(sender: string, sequence: bigint): Promise<number> {
    try {
      return (await this.#options.store.senderPosition(sender)) ?? 0;
    } catch (error) {
      if (sequence === 1n) return 0;
      throw new ConnectError(formatError(error), Code.Unavailable);
    }
  }

  /** Gives how many exchanges and flows there were. */
  #take(documents: Uint8Array, sender: string): number {
    const { collector, pipeline, ledger } = this.#options;
    let taken = 0;
    const count = (outcome: string): void => {
      if (outcome === "shown") taken++;
    };
    const reader = new NdjsonReader(
      {
        exchange: (exchange) => {
          collector.senders.observe(KIND, sender, exchange);
          count(pipeline.exchange(exchange));
        },
        flow: (event) => count(pipeline.flow(event)),
      },
      ledger.book("sent-documents"),
      EXCHANGE_CODEC,
    );
    reader.push(documents);
    reader.end();
    return taken;
  }
}
