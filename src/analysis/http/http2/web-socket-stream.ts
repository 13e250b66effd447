import type { ConversationMessage, LedgerReason, Timestamp } from "../../../model/index.ts";
import { readDeflateParameters } from "../../../wire/websocket/index.ts";
import { ConversationLog } from "../../conversation-log.ts";
import type { AnalysisContext, Sender } from "../../protocol-analyzer.ts";
import { WebSocketReader } from "../websocket/websocket-reader.ts";

/** A WebSocket on one stream (RFC 8441): the content of its DATA frames. It settles the bytes that it is pushed. */
export class WebSocketStream {
  readonly #log: ConversationLog;
  readonly #readers: Record<Sender, WebSocketReader>;

  /** @param extensions the response's `sec-websocket-extensions` */
  constructor(context: AnalysisContext, extensions: string | undefined) {
    this.#log = new ConversationLog(context.limits.messages, context.budget);
    const deflate = readDeflateParameters(extensions);
    const createReader = (from: Sender, takeover: boolean) =>
      new WebSocketReader(context, this.#log, { from, compressed: deflate !== undefined, takeover });
    this.#readers = {
      client: createReader("client", !deflate?.clientNoContextTakeover),
      server: createReader("server", !deflate?.serverNoContextTakeover),
    };
  }

  /** Messages that came, kept or not. */
  get count(): number {
    return this.#log.count;
  }

  get hasGap(): boolean {
    return this.#readers.client.missedBytes || this.#readers.server.missedBytes;
  }

  get isCut(): boolean {
    return this.#readers.client.cut || this.#readers.server.cut || this.#log.dropped > 0;
  }

  get problems(): string[] {
    const limit = this.#log.dropped > 0 ? ["message-limit"] : [];
    return [...this.#readers.client.problems, ...this.#readers.server.problems, ...limit];
  }

  push(from: Sender, data: Uint8Array, time: Timestamp): void {
    this.#readers[from].push(data, time);
  }

  gap(from: Sender, size: number | undefined, reason: LedgerReason): void {
    this.#readers[from].gap(size, reason);
  }

  peek(): readonly ConversationMessage[] {
    return this.#log.peek();
  }

  /** Nothing follows: hands the messages on and gives their share of the budget back. */
  take(): readonly ConversationMessage[] {
    this.#readers.client.close();
    this.#readers.server.close();
    return this.#log.take();
  }
}
