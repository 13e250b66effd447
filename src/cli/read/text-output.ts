import { once } from "node:events";

/** Text that goes to a stream in large writes: it gathers, and `flush` hands it over and waits where the reader is slow. */
export class TextOutput {
  readonly #stream: NodeJS.WritableStream;
  #text: (string | Uint8Array)[] = [];

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream;
  }

  readonly write = (text: string | Uint8Array): void => {
    this.#text.push(text);
  };

  async flush(): Promise<void> {
    if (this.#text.length === 0) return;
    const pending = this.#text;
    this.#text = [];
    const goesOn = this.#stream.write(
      pending.every((piece) => typeof piece === "string") ? pending.join("") : Buffer.concat(pending.map(toBuffer)),
    );
    if (!goesOn) await once(this.#stream, "drain");
  }
}

function toBuffer(piece: string | Uint8Array): Uint8Array {
  return typeof piece === "string" ? Buffer.from(piece) : piece;
}
