import {
  type Direction,
  type LedgerReason,
  type SocketClosed,
  type Timestamp,
  WEBSOCKET,
} from "../../../model/index.ts";
import { type DeflateParameters, readDeflateParameters } from "../../../wire/websocket/index.ts";
import { ConversationLog } from "../../conversation-log.ts";
import { type AnalysisContext, type ProtocolAnalyzer, type Sender, senderOf } from "../../protocol-analyzer.ts";
import type { PendingExchange } from "../http1/pending-exchange.ts";
import { WebSocketReader } from "./websocket-reader.ts";

/**
 * Understands a WebSocket (RFC 6455) after its handshake. The handshake's exchange becomes the conversation's: it is emitted when
 * the connection closes, with the messages of both sides in the order in which they ended.
 */
export class WebSocketAnalyzer implements ProtocolAnalyzer {
  readonly #context: AnalysisContext;
  readonly #exchange: PendingExchange;
  readonly #log: ConversationLog;
  readonly #readers: Record<Sender, WebSocketReader>;
  #shown = 0;

  constructor(context: AnalysisContext, exchange: PendingExchange) {
    this.#context = context;
    this.#exchange = exchange;
    this.#log = new ConversationLog(context.limits.messages, context.budget);
    const deflate = readDeflateParameters(exchange.response?.header("sec-websocket-extensions"));
    this.#readers = {
      client: new WebSocketReader(context, this.#log, { from: "client", ...inflation(deflate, "client") }),
      server: new WebSocketReader(context, this.#log, { from: "server", ...inflation(deflate, "server") }),
    };
  }

  push(direction: Direction, data: Uint8Array, _offset: number, time: Timestamp): void {
    this.#reader(direction).push(data, time);
    if (this.#exchange.response !== undefined) this.#exchange.response.finished = time;
    if (this.#context.showsProgress && this.#log.count > this.#shown) {
      this.#shown = this.#log.count;
      this.#context.progress(this.#build(false));
    }
  }

  gap(direction: Direction, size: number | undefined, _time: Timestamp, reason: LedgerReason): void {
    this.#reader(direction).gap(size, reason);
  }

  end(_direction: Direction, _time: Timestamp): void {}

  close(_time: Timestamp, how: SocketClosed["how"]): void {
    this.#readers.client.close();
    this.#readers.server.close();
    if (how === "reset") this.#exchange.addProblem("connection-reset");
    this.#context.emit(this.#build(true));
  }

  #build(last: boolean) {
    const { client, server } = this.#readers;
    if (this.#log.dropped > 0) this.#exchange.addProblem("message-limit");
    for (const problem of [...client.problems, ...server.problems]) this.#exchange.addProblem(problem);
    return this.#exchange.build(this.#context.connection, last, {
      application: WEBSOCKET,
      messages: last ? this.#log.take() : this.#log.peek(),
      gap: client.missedBytes || server.missedBytes,
      cut: client.cut || server.cut || this.#log.dropped > 0,
    });
  }

  #reader(direction: Direction): WebSocketReader {
    const sender = senderOf(this.#context.connection, direction) ?? (direction === "read" ? "client" : "server");
    return this.#readers[sender];
  }
}

function inflation(deflate: DeflateParameters | undefined, from: Sender) {
  const takeover = from === "client" ? !deflate?.clientNoContextTakeover : !deflate?.serverNoContextTakeover;
  return { compressed: deflate !== undefined, takeover };
}
