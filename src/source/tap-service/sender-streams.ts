import { ProtobufWriter } from "../../wire/envoy/write/protobuf-writer.ts";
import type { TapIdentifier } from "../../wire/envoy/write/stream-taps.ts";

/** Takes what one sender sends. */
export interface SenderReader {
  push(chunk: Uint8Array): void;
  end(): void;
}

/** One reader for each sender: what traces of different senders carry as ids has nothing to do with each other. */
export class SenderStreams {
  readonly #open: (name: string) => SenderReader;
  readonly #readers = new Map<string, SenderReader>();

  /** @param open makes the reader of a sender: of messages, each with its length before it */
  constructor(open: (name: string) => SenderReader) {
    this.#open = open;
  }

  push({ nodeId, cluster, tapId }: TapIdentifier, layout: string, bytes: Uint8Array): void {
    const name = [nodeId, cluster, tapId, layout].join("/");
    let reader = this.#readers.get(name);
    if (reader === undefined) {
      if (this.#readers.size >= MAX_SENDERS) this.#forget(this.#readers.keys().next().value!);
      reader = this.#open(name);
      this.#readers.set(name, reader);
    }
    lengthWriter.writeVarint(bytes.length);
    reader.push(lengthWriter.lend());
    reader.push(bytes);
  }

  end(): void {
    for (const name of [...this.#readers.keys()]) this.#forget(name);
  }

  #forget(name: string): void {
    this.#readers.get(name)?.end();
    this.#readers.delete(name);
  }
}

const lengthWriter = new ProtobufWriter();

/** Senders that are told apart at once; the oldest makes room. */
const MAX_SENDERS = 1024;
