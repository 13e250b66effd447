import type { ServerResponse } from "node:http";
import type { LedgerBook, MemoryBudget } from "../../model/index.ts";

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
  /** Counts documents: parsed when handed to the connection, dropped (`slow-reader`) otherwise. */
  readonly book: LedgerBook;
}

/**
 * Writes documents to a response as they come. A reader that does not keep up loses documents: they are counted, and the
 * stream says how many were lost as soon as it goes on (`{"tapline": {"lost_traces": "7"}}`, with SSE an event `lost`).
 */
export class DocumentStream {
  readonly #response: ServerResponse;
  readonly #options: DocumentStreamOptions;
  #queued = 0;
  #lost = 0;
  #open = true;

  constructor(response: ServerResponse, options: DocumentStreamOptions) {
    this.#response = response;
    this.#options = options;
    response.once("close", () => {
      this.#open = false;
    });
  }

  /** @param document one JSON document as Envoy prints it, or a delimited message; false when it was lost */
  write(document: Uint8Array): boolean {
    const { book, budget, framing, maxQueuedBytes } = this.#options;
    book.enter(1);
    if (!this.#open) {
      book.settleDropped("detached", 1);
      return false;
    }
    const bytes = frameDocument(document, framing);
    if (this.#queued + bytes.length > maxQueuedBytes || !budget.tryReserve(bytes.length)) {
      this.#lost++;
      book.settleDropped("slow-reader", 1);
      return false;
    }
    this.#queued += bytes.length;
    this.#response.write(bytes, () => {
      this.#queued -= bytes.length;
      budget.release(bytes.length);
      // Below half of what may be queued: what is said now is read soon.
      if (this.#lost > 0 && this.#queued < maxQueuedBytes / 2) this.#tellLoss();
    });
    book.settleParsed(1);
    return true;
  }

  /** Ends the response when all that is queued is written. */
  end(): void {
    if (this.#lost > 0) this.#tellLoss();
    if (this.#open) this.#response.end();
  }

  #tellLoss(): void {
    if (!this.#open || this.#options.framing === "delimited") return;
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
