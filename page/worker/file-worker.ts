import { formatError, Ledger, MemoryBudget } from "../../src/model/index.ts";
import type { Losses } from "../source/data-source.ts";
import { FileStore } from "./file-store.ts";
import { readFile } from "./read-file.ts";

// The thread of FileSource: reads the file, and answers questions about it.
const store = new FileStore();
const ledger = new Ledger();
const left = ledger.book("exchanges");
let isStopped = false;

const METHODS: Readonly<Record<string, (argument: never) => unknown>> = {
  open: (file: File) => open(file),
  stop: () => {
    isStopped = true;
  },
  list: (query: never) => store.list(query),
  find: (id: number) => store.find(id),
  series: (query: never) => store.series(query),
  values: (asked: { ids: readonly number[]; fields: readonly string[] }) => store.values(asked),
  latency: (query: never) => store.latency(query),
  facets: (query: never) => store.facets(query),
  losses: () => losses(),
  export: (wanted: { id: number; format: string }) => store.export(wanted),
};

self.onmessage = async ({ data: { number, method, argument } }: MessageEvent) => {
  try {
    self.postMessage({ number, result: await METHODS[method]!(argument as never) });
  } catch (error) {
    self.postMessage({ number, error: formatError(error) });
  }
};

async function open(file: File): Promise<void> {
  await readFile(file, {
    ledger,
    budget: new MemoryBudget(256 * 1024 * 1024),
    take: (exchange) => {
      const before = store.leftOut;
      left.enter(1);
      store.add(exchange);
      if (store.leftOut > before) left.settleDropped("no-room-in-page", 1);
      else left.settleHandled(1);
    },
    progress: (read) => self.postMessage({ progress: { read, exchanges: store.size } }),
    isStopped: () => isStopped,
  });
}

function losses(): Losses {
  return {
    ...ledger.facts,
    senders: [],
    store: {},
  };
}
