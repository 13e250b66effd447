import { once } from "node:events";

/** Text that is handed over in large pieces: it gathers, and `flush` writes it and waits where the other end is slow. */
export class GatheredOutput {
  readonly #send: (bytes: Uint8Array) => Promise<void>;
  #pending: Uint8Array[] = [];
  /** What came after `#pending`: text is encoded once a flush. */
  #text = "";

  constructor(send: (bytes: Uint8Array) => Promise<void>) {
    this.#send = send;
  }

  static to(stream: NodeJS.WritableStream): GatheredOutput {
    return new GatheredOutput(async (bytes) => {
      if (!stream.write(bytes)) await once(stream, "drain");
    });
  }

  readonly write = (piece: string | Uint8Array): void => {
    if (typeof piece === "string") {
      this.#text += piece;
      if (this.#text.length >= MAX_TEXT) this.#encodeText();
    } else {
      this.#encodeText();
      this.#pending.push(piece);
    }
  };

  async flush(): Promise<void> {
    this.#encodeText();
    const pending = this.#pending;
    if (pending.length === 0) return;
    this.#pending = [];
    await this.#send(pending.length === 1 ? pending[0]! : Buffer.concat(pending));
  }

  #encodeText(): void {
    if (this.#text === "") return;
    this.#pending.push(Buffer.from(this.#text));
    this.#text = "";
  }
}

/** Characters: bodies may be long, and a string has a limit. */
const MAX_TEXT = 1024 * 1024;
