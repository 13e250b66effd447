import type { FacetsAnswer, LatencyAnswer, ListAnswer } from "../../src/collector/store/exchange-store.ts";
import {
  type DataSource,
  type Detail,
  type ExchangeValues,
  type Flow,
  type FollowState,
  type ListQuery,
  type LiveBatch,
  type Losses,
  type Series,
  type SeriesQuery,
  type StoreQuery,
  TokenNeeded,
  Unreachable,
} from "./data-source.ts";

/** Milliseconds until the first new attempt, and at most. */
const RETRY = { first: 500, most: 15_000 };

/** Asks the collector that served the page. The token stays in the tab's session. */
export class CollectorSource implements DataSource {
  readonly kind = "collector";
  readonly name = location.host;

  list(query: ListQuery, signal: AbortSignal): Promise<ListAnswer> {
    return this.#get("exchanges", { ...query }, signal);
  }

  async find(id: number, signal: AbortSignal): Promise<Detail | undefined> {
    return this.#get<Detail>(`exchanges/${id}`, {}, signal);
  }

  hops(trace: string, signal: AbortSignal): Promise<ListAnswer> {
    return this.#get(`traces/${encodeURIComponent(trace)}`, {}, signal);
  }

  async flows(range: { from: number; to: number }, signal: AbortSignal): Promise<readonly Flow[]> {
    return (await this.#get<{ flows: readonly Flow[] }>("flows", { ...range, limit: 1000 }, signal)).flows;
  }

  series(query: SeriesQuery, signal: AbortSignal): Promise<Series> {
    return this.#get("series", { ...query }, signal);
  }

  async values(
    ids: readonly number[],
    fields: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly ExchangeValues[]> {
    const query = { ids: ids.join(","), field: fields };
    return (await this.#get<{ values: readonly ExchangeValues[] }>("values", query, signal)).values;
  }

  latency(query: StoreQuery, signal: AbortSignal): Promise<LatencyAnswer> {
    return this.#get("latency", { ...query }, signal);
  }

  facets(
    query: StoreQuery & { attributes: readonly string[]; limit: number },
    signal: AbortSignal,
  ): Promise<FacetsAnswer> {
    return this.#get("facets", { ...query, attributes: query.attributes.join(",") }, signal);
  }

  async losses(signal: AbortSignal): Promise<Losses> {
    const [ledger, sources] = await Promise.all([
      this.#get<Pick<Losses, "balanced" | "books">>("ledger", {}, signal),
      this.#get<Pick<Losses, "store" | "listeners"> & { sources: Losses["senders"] }>("sources", {}, signal),
    ]);
    const { sources: senders, ...facts } = sources;
    return { ...ledger, ...facts, senders };
  }

  me(signal: AbortSignal): Promise<{ role: string; version: string; isReadOnly: boolean }> {
    return this.#get("me", {}, signal);
  }

  follow(filter: string, take: (batch: LiveBatch) => void, state: FollowState): () => void {
    const controller = new AbortController();
    void this.#followOn(filter, take, state, controller.signal);
    return () => controller.abort();
  }

  async download(id: number, format: string): Promise<Blob> {
    return (await this.#fetch(`exchanges/${id}/bytes`, { format }, new AbortController().signal)).blob();
  }

  async #followOn(
    filter: string,
    take: (batch: LiveBatch) => void,
    state: FollowState,
    signal: AbortSignal,
  ): Promise<void> {
    let wait = RETRY.first;
    let attempt = 1;
    while (!signal.aborted) {
      try {
        const response = await this.#fetch("stream", filter === "" ? {} : { filter }, signal);
        state(true);
        wait = RETRY.first;
        attempt = 1;
        await readEvents(response.body!, take);
      } catch (error) {
        if (signal.aborted || error instanceof TokenNeeded) return;
      }
      if (signal.aborted) return;
      state(false, { retryAt: Date.now() + wait, attempt: attempt++ });
      await new Promise((resolve) => setTimeout(resolve, wait));
      wait = Math.min(RETRY.most, wait * 2);
    }
  }

  async #get<Answer>(path: string, query: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<Answer> {
    return (await this.#fetch(path, query, signal)).json() as Promise<Answer>;
  }

  async #fetch(path: string, query: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<Response> {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(query))
      for (const one of Array.isArray(value) ? value : [value])
        if (one !== undefined && one !== "")
          parameters.append(name, String(typeof one === "number" ? Math.floor(one) : one));
    const token = sessionStorage.getItem("token");
    const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
    const response = await fetch(`api/v1/${path}?${parameters}`, { signal, headers }).catch((error: Error) => {
      throw signal.aborted ? error : new Unreachable(error.message);
    });
    if (response.status === 401) throw new TokenNeeded();
    if (!response.ok) {
      const body = (await response.json().catch(() => undefined)) as { error?: { message?: string } } | undefined;
      throw new Error(body?.error?.message ?? `the collector answers ${response.status}`);
    }
    return response;
  }
}

async function readEvents(body: ReadableStream<Uint8Array>, take: (batch: LiveBatch) => void): Promise<void> {
  const decoder = new TextDecoder();
  let text = "";
  const reader = body.getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += decoder.decode(value, { stream: true });
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const event = text.slice(0, end);
      text = text.slice(end + 2);
      if (event.startsWith("data: ")) take(JSON.parse(event.slice(6)) as LiveBatch);
    }
  }
}
