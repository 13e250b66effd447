import type { ServerResponse } from "node:http";
import type { LedgerBook, LedgerReason, MemoryBudget, Submission } from "../../model/index.ts";

/**
 * How documents follow each other in a response: `json` as Envoy writes them (indented, each with a newline, nothing between
 * them), `ndjson` one a line, `sse` one Server-Sent Event each, `delimited` protobuf messages with their length in front.
 */
export type DocumentFraming = "json" | "ndjson" | "sse" | "delimited";

/** The framing that a request's Accept header asks for. */
export function chooseFraming(accept: string | undefined): DocumentFraming {
  const types = (accept ?? "").split(",").map((type) => type.split(";")[0]!.trim().toLowerCase());
  if (types.includes("application/x-ndjson")) return "ndjson";
  return types.includes("text/event-stream") ? "sse" : "json";
}

export interface DocumentStreamOptions {
  readonly framing: DocumentFraming;
  /** Bytes queued at most for a reader that is slow. */
  readonly maxQueuedBytes: number;
  readonly budget: MemoryBudget;
  /** Counts documents: handled when handed to the connection, dropped otherwise. */
  readonly book: LedgerBook;
}

/**
 * Writes documents to a response as they come. A reader that does not keep up loses documents, from the one that there is no
 * room for until half of what was queued is read: they are counted, and the stream says how many were lost as soon as it goes
 * on (`{"tapline": {"lost_traces": "7"}}`, with SSE an event `lost`; there is no way to say it between delimited messages).
 */
export class DocumentStream {
  readonly #response: ServerResponse;
  readonly #options: DocumentStreamOptions;
  #queued = 0;
  /** Bytes of the budget that are reserved for what is queued. */
  #charged = 0;
  /** Documents that were lost and not told of. */
  #lost = 0;
  #isBehind = false;
  #open = true;

  constructor(response: ServerResponse, options: DocumentStreamOptions) {
    this.#response = response;
    this.#options = options;
    const { budget } = options;
    response.once("close", () => {
      this.#open = false;
      // Nothing tells of writes that a reader who leaves has not taken.
      budget.release(this.#charged);
      this.#charged = 0;
    });
  }

  /** @param encode makes a JSON document as Envoy prints it, or a delimited message; called only where it is not lost */
  write(encode: () => Uint8Array): Submission {
    const { book, budget, framing, maxQueuedBytes } = this.#options;
    book.enter(1);
    if (!this.#open) {
      book.settleDropped("detached", 1);
      return { dropped: "detached" };
    }
    if (this.#isBehind) return this.#lose("slow-reader");
    const bytes = frameDocument(encode(), framing);
    if (this.#queued + bytes.length > maxQueuedBytes) {
      // A document that is larger than the queue is lost for itself.
      this.#isBehind = this.#queued > 0;
      return this.#lose(this.#isBehind ? "slow-reader" : "document-limit");
    }
    if (!budget.tryReserve(bytes.length)) return this.#lose("memory-budget");
    if (this.#lost > 0) this.#tellLoss();
    this.#send(bytes, bytes.length);
    return "taken";
  }

  /**
   * Writes documents that were collected, however many they are, then ends. The budget was charged with their bytes; it gets
   * them back as they are read.
   *
   * @param lost how many there was no room for
   */
  finish(documents: readonly Uint8Array[], lost: number): void {
    const { book, budget, framing } = this.#options;
    book.enter(documents.length);
    this.#lost += lost;
    for (const document of documents) {
      if (this.#open) this.#send(frameDocument(document, framing), document.length);
      else {
        book.settleDropped("detached", 1);
        budget.release(document.length);
      }
    }
    if (!this.#open) return;
    if (this.#lost > 0) this.#tellLoss();
    this.#response.end();
  }

  #send(bytes: Uint8Array, charged: number): void {
    const { book, budget, maxQueuedBytes } = this.#options;
    this.#queued += bytes.length;
    this.#charged += charged;
    this.#response.write(bytes, () => {
      this.#queued -= bytes.length;
      if (!this.#open) return;
      this.#charged -= charged;
      budget.release(charged);
      if (this.#queued >= maxQueuedBytes / 2) return;
      this.#isBehind = false;
      if (this.#lost > 0) this.#tellLoss();
    });
    book.settleHandled(1);
  }

  #lose(reason: LedgerReason): Submission {
    this.#lost++;
    this.#options.book.settleDropped(reason, 1);
    return { dropped: reason };
  }

  #tellLoss(): void {
    if (!this.#open || this.#response.writableEnded || this.#options.framing === "delimited") return;
    const lost = JSON.stringify({ tapline: { lost_traces: String(this.#lost) } });
    this.#lost = 0;
    this.#response.write(this.#options.framing === "sse" ? `event: lost\ndata: ${lost}\n\n` : `${lost}\n`);
  }
}

/** Takes out the indentation, which is all the white space outside of strings with a line break in it. */
function frameDocument(document: Uint8Array, framing: DocumentFraming): Uint8Array {
  if (framing === "json" || framing === "delimited") return document;
  const line = Buffer.from(document.buffer, document.byteOffset, document.length).toString("utf8").replace(/\n */g, "");
  return Buffer.from(framing === "sse" ? `data: ${line}\n\n` : `${line}\n`);
}
