import { type LedgerBook, type LedgerReason, type Sink, settlesBy } from "../../model/index.ts";
import { whenWritable } from "../write-to-stream.ts";

/** Bytes that wait for a slow reader; what comes beyond is lost and counted. */
const MAX_WAITING_BYTES = 1024 * 1024;

/**
 * Lines of a process that cannot wait for whoever reads them: what is written in one turn of the event loop goes out in one
 * piece, and a reader that is slow, or has pressed ^S, loses lines.
 */
export class LiveOutput {
  readonly #stream: NodeJS.WriteStream;
  readonly #book: LedgerBook;
  #text = "";
  #items = 0;
  /** Items whose text the stream has, and the system has not. */
  #underWay = 0;
  #scheduled = false;
  #isClosed = false;
  /** It cannot be written: its disk is full, maybe. The process goes on without. */
  #isBroken = false;

  /** @param book counts items: handled when the system has taken them */
  constructor(stream: NodeJS.WriteStream, book: LedgerBook) {
    this.#stream = stream;
    this.#book = book;
    setNonBlocking(stream);
    stream.on("error", () => {
      this.#isBroken = true;
    });
  }

  /** Takes text that belongs to the item under way. */
  readonly write = (text: string): void => {
    this.#text += text;
  };

  /** A sink that prints each item with `print`, which calls `write`, or drops it as `slow-terminal`. */
  createSink<Item>(print: (item: Item) => void): Sink<Item> {
    return {
      submit: (item) => {
        this.#book.enter(1);
        const reason = this.#refusal();
        if (reason !== undefined) {
          this.#book.settleDropped(reason, 1);
          return { dropped: reason };
        }
        print(item);
        this.#items++;
        this.#schedule();
        return "taken";
      },
      whenReady: async () => {},
      flush: async () => this.#send(),
      close: (deadline) => this.#close(deadline),
    };
  }

  #refusal(): LedgerReason | undefined {
    if (this.#isBroken) return "output";
    if (this.#isClosed) return "closed";
    return this.#isFull() ? "slow-terminal" : undefined;
  }

  #isFull(): boolean {
    return this.#stream.writableLength + this.#text.length > MAX_WAITING_BYTES;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#send());
  }

  #send(): void {
    this.#scheduled = false;
    if (this.#text === "") return;
    const items = this.#items;
    this.#underWay += items;
    this.#items = 0;
    this.#stream.write(this.#text, (error) => {
      if (this.#isClosed) return;
      this.#underWay -= items;
      if (error) this.#book.settleDropped("output", items);
      else this.#book.settleHandled(items);
    });
    this.#text = "";
  }

  async #close(deadline: number): Promise<void> {
    if (this.#isClosed) return;
    this.#send();
    await settlesBy(this.#whenWritten(), deadline);
    this.#isClosed = true;
    if (this.#underWay > 0) this.#book.settleDropped("slow-terminal", this.#underWay);
    this.#underWay = 0;
  }

  #whenWritten(): Promise<void> {
    if (this.#underWay === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#stream.write("", () => resolve());
      // Where it fails, nothing more is written.
      void whenWritable(this.#stream).then(() => this.#stream.destroyed && resolve());
    });
  }
}

/** Node writes to pipes and terminals synchronously: whoever stops reading would stop the process. */
function setNonBlocking(stream: NodeJS.WriteStream): void {
  const { _handle: handle } = stream as { _handle?: { setBlocking?(blocking: boolean): void } };
  handle?.setBlocking?.(false);
}
