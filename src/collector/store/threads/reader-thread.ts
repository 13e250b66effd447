import type { FacetsQuery, ListQuery, SeriesQuery, StoreQuery, TimeRange } from "../exchange-store.ts";
import { StoreReader } from "../query/store-reader.ts";
import { answerQuestions, lookWhetherWanted, threadOptions } from "./answer-questions.ts";

// A thread that answers questions to SqliteStore.
const reader = new StoreReader(threadOptions<{ folder: string }>().folder, lookWhetherWanted);

answerQuestions({
  list: (query: ListQuery) => reader.list(query),
  find: (id: number) => reader.find(id),
  series: (query: SeriesQuery) => reader.series(query),
  latency: (query: StoreQuery) => reader.latency(query),
  facets: (query: FacetsQuery) => reader.facets(query),
  services: (range: TimeRange) => reader.services(range),
  flows: (query: TimeRange & { limit: number }) => reader.flows(query),
  facts: () => reader.facts(),
  close: () => reader.close(),
});
