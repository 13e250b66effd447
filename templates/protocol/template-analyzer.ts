import { type Direction, NO_APPLICATION, type Quality, type SocketClosed, type Timestamp } from "../../model/index.ts";
import { transportTimes } from "../exchange-times.ts";
import { type AnalysisContext, type ProtocolAnalyzer, senderOf } from "../protocol-analyzer.ts";
import { LineCollector } from "./line-collector.ts";
import type { TemplateExchange, TemplateLine } from "./template-exchange.ts";

/** Questions that may wait for their answers; beyond, the oldest is emitted without one. */
const MAX_WAITING = 1024;

/**
 * Pairs questions with their answers, which come in the same order. Every byte that is pushed is settled once in the ledger, at the
 * latest when the connection closes.
 */
export class TemplateAnalyzer implements ProtocolAnalyzer {
  readonly #context: AnalysisContext;
  readonly #lines: Record<Direction, LineCollector>;
  readonly #waiting: { readonly id: number; readonly index: number; readonly question: TemplateLine }[] = [];

  constructor(context: AnalysisContext) {
    this.#context = context;
    this.#lines = { read: new LineCollector(context.budget), write: new LineCollector(context.budget) };
  }

  push(direction: Direction, data: Uint8Array, _offset: number, time: Timestamp): void {
    const line = this.#lines[direction];
    let start = 0;
    for (let feed = data.indexOf(0x0a); feed >= 0; feed = data.indexOf(0x0a, start)) {
      line.add(data.subarray(start, feed + 1), time);
      this.#context.bytes.settleHandled(line.size);
      this.#onLine(direction, line.take(time));
      start = feed + 1;
    }
    if (start < data.length) line.add(data.subarray(start), time);
  }

  gap(direction: Direction, _size: number | undefined, _time: Timestamp, _reason: string): void {
    this.#lines[direction].interrupt();
  }

  end(_direction: Direction, _time: Timestamp): void {}

  close(time: Timestamp, how: SocketClosed["how"]): void {
    for (const line of Object.values(this.#lines)) {
      if (line.size > 0) this.#context.bytes.settleTruncated("unfinished", line.size);
      line.take(time);
    }
    for (const { id, index, question } of this.#waiting.splice(0))
      this.#emit(id, index, question, undefined, how === "reset" ? ["connection-reset"] : []);
  }

  #onLine(direction: Direction, line: TemplateLine): void {
    const { connection } = this.#context;
    const sender = senderOf(connection, direction) ?? (direction === "read" ? "client" : "server");
    if (sender === "client") {
      this.#waiting.push({ id: this.#context.nextId(), index: this.#context.nextIndex(), question: line });
      if (this.#waiting.length <= MAX_WAITING) return;
      const { id, index, question } = this.#waiting.shift()!;
      this.#emit(id, index, question, undefined, ["waiting-limit"]);
      return;
    }
    const { id, index, question } = this.#waiting.shift() ?? {
      id: this.#context.nextId(),
      index: this.#context.nextIndex(),
      question: undefined,
    };
    this.#emit(id, index, question, line, question === undefined ? ["response-without-request"] : []);
  }

  #emit(
    id: number,
    index: number,
    question: TemplateLine | undefined,
    answer: TemplateLine | undefined,
    problems: readonly string[],
  ): void {
    const { connection } = this.#context;
    const exchange: TemplateExchange = {
      kind: "template",
      id,
      connection,
      protocol: "template/1",
      index,
      application: NO_APPLICATION,
      ...(question && { question }),
      ...(answer && { answer }),
      times: {
        ...(index === 0 ? transportTimes(connection) : undefined),
        ...(question && { requestStart: question.started, requestEnd: question.finished }),
        ...(answer && { responseStart: answer.started, responseEnd: answer.finished }),
      },
      quality: judgeQuality(question, answer),
      problems,
    };
    this.#context.emit(exchange);
  }
}

function judgeQuality(question: TemplateLine | undefined, answer: TemplateLine | undefined): Quality {
  if (question === undefined || answer === undefined) return "unpaired";
  return question.truncated || answer.truncated ? "truncated" : "complete";
}
