import { once } from "node:events";

/** Text that is handed over in large pieces: it gathers, and `flush` writes it and waits where the other end is slow. */
export class TextOutput {
  readonly #send: (bytes: Uint8Array) => Promise<void>;
  #pending: (string | Uint8Array)[] = [];

  constructor(send: (bytes: Uint8Array) => Promise<void>) {
    this.#send = send;
  }

  static to(stream: NodeJS.WritableStream): TextOutput {
    return new TextOutput(async (bytes) => {
      if (!stream.write(bytes)) await once(stream, "drain");
    });
  }

  readonly write = (text: string | Uint8Array): void => {
    this.#pending.push(text);
  };

  async flush(): Promise<void> {
    if (this.#pending.length === 0) return;
    const pending = this.#pending;
    this.#pending = [];
    await this.#send(Buffer.concat(pending.map((piece) => (typeof piece === "string" ? Buffer.from(piece) : piece))));
  }
}
