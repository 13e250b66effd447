/** State that filters share across machines: data with compare-and-swap, and queues. Bounded: more is refused. */
export class SharedState {
  readonly #data = new Map<string, { bytes: Uint8Array; version: number }>();
  readonly #queues: { readonly key: string; readonly items: Uint8Array[]; notify: () => void }[] = [];
  #bytes = 0;

  get(key: string): { readonly bytes: Uint8Array; readonly version: number } | undefined {
    return this.#data.get(key);
  }

  /** @param version the one that is to be replaced, or 0 for any */
  set(key: string, bytes: Uint8Array, version: number): "set" | "mismatch" | "full" {
    const known = this.#data.get(key);
    if (version !== 0 && version !== (known?.version ?? 0)) return "mismatch";
    const growth = bytes.length - (known?.bytes.length ?? -key.length);
    if (this.#bytes + growth > MAX_BYTES) return "full";
    this.#bytes += growth;
    this.#data.set(key, { bytes, version: (known?.version ?? 0) + 1 });
    return "set";
  }

  /** A queue's number: the same for the same machine and name. @param notify called when something was put into it: the last one's */
  register(vmId: string, name: string, notify: () => void): number | undefined {
    const known = this.resolve(vmId, name);
    if (known !== undefined) {
      this.#queues[known - 1]!.notify = notify;
      return known;
    }
    if (this.#queues.length >= MAX_QUEUES) return undefined;
    return this.#queues.push({ key: `${vmId}\0${name}`, items: [], notify });
  }

  resolve(vmId: string, name: string): number | undefined {
    const index = this.#queues.findIndex(({ key }) => key === `${vmId}\0${name}`);
    return index < 0 ? undefined : index + 1;
  }

  enqueue(number: number, bytes: Uint8Array): "queued" | "unknown" | "full" {
    const queue = this.#queues[number - 1];
    if (queue === undefined) return "unknown";
    if (this.#bytes + bytes.length > MAX_BYTES) return "full";
    this.#bytes += bytes.length;
    queue.items.push(bytes);
    queue.notify();
    return "queued";
  }

  /** Undefined of a queue that is not there, null of one that is empty. */
  dequeue(number: number): Uint8Array | null | undefined {
    const queue = this.#queues[number - 1];
    if (queue === undefined) return undefined;
    const bytes = queue.items.shift();
    this.#bytes -= bytes?.length ?? 0;
    return bytes ?? null;
  }
}

const MAX_BYTES = 64 * 1024 * 1024;
const MAX_QUEUES = 1000;
