import type {
  FacetsAnswer,
  LatencyAnswer,
  ListAnswer,
  SeriesAnswer,
} from "../../src/collector/store/exchange-store.ts";
import type { DataSource, Detail, ExchangeValues, ListQuery, Losses, SeriesQuery, StoreQuery } from "./data-source.ts";

export interface FileProgress {
  readonly read: number;
  readonly exchanges: number;
}

/** A file that was dropped into the page: a worker reads it, and answers. Nothing is sent anywhere. */
export class FileSource implements DataSource {
  readonly kind = "file";
  readonly name: string;
  /** Resolves when it was read. */
  readonly done: Promise<void>;
  readonly #worker = new Worker("file-worker.js", { type: "module" });
  readonly #waiting = new Map<number, { resolve: (answer: never) => void; reject: (error: Error) => void }>();
  #number = 0;

  constructor(file: File, progress: (progress: FileProgress) => void) {
    this.name = file.name;
    this.#worker.onmessage = ({ data }) => {
      if ("progress" in data) progress(data.progress as FileProgress);
      else this.#take(data as WorkerAnswer);
    };
    this.#worker.onerror = (event) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(event.message || "the file cannot be read"));
    };
    this.done = this.#ask<void>("open", file);
  }

  /** Shows what was read so far. */
  stop(): void {
    void this.#ask("stop", undefined);
  }

  close(): void {
    this.#worker.terminate();
  }

  list(query: ListQuery): Promise<ListAnswer> {
    return this.#ask("list", query);
  }

  find(id: number): Promise<Detail | undefined> {
    return this.#ask("find", id);
  }

  hops(trace: string): Promise<ListAnswer> {
    return this.#ask("list", { filter: `trace.id == ${JSON.stringify(trace)}`, limit: 1000, order: "oldest" });
  }

  series(query: SeriesQuery): Promise<SeriesAnswer> {
    return this.#ask("series", query);
  }

  values(ids: readonly number[], fields: readonly string[]): Promise<readonly ExchangeValues[]> {
    return this.#ask("values", { ids, fields });
  }

  latency(query: StoreQuery): Promise<LatencyAnswer> {
    return this.#ask("latency", query);
  }

  facets(query: StoreQuery & { attributes: readonly string[]; limit: number }): Promise<FacetsAnswer> {
    return this.#ask("facets", query);
  }

  losses(): Promise<Losses> {
    return this.#ask("losses", undefined);
  }

  async download(id: number, format: string): Promise<Blob> {
    return new Blob([await this.#ask<BlobPart>("export", { id, format })]);
  }

  #ask<Answer>(method: string, argument: unknown): Promise<Answer> {
    const number = ++this.#number;
    return new Promise<Answer>((resolve, reject) => {
      this.#waiting.set(number, { resolve: resolve as (answer: never) => void, reject });
      this.#worker.postMessage({ number, method, argument });
    });
  }

  #take({ number, result, error }: WorkerAnswer): void {
    const waiting = this.#waiting.get(number);
    this.#waiting.delete(number);
    if (error === undefined) waiting?.resolve(result as never);
    else waiting?.reject(new Error(error));
  }
}

interface WorkerAnswer {
  readonly number: number;
  readonly result?: unknown;
  readonly error?: string;
}
