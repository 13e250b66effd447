import type { DataSource, Losses } from "./data-source.ts";

const NOTHING = { scanned: 0, isComplete: true };

/** A file that an address names and that this page does not have: nobody but who has opened it does. */
export class AbsentSource implements DataSource {
  readonly kind = "file";
  readonly name: string;
  readonly isAbsent = true;

  constructor(name: string) {
    this.name = name;
  }

  list = async () => ({ ...NOTHING, items: [] });
  find = async () => undefined;
  hops = async () => ({ ...NOTHING, items: [] });
  series = async ({ from, to }: { from: number; to: number }) => ({ ...NOTHING, from, width: to - from, buckets: [] });
  values = async () => [];
  latency = async () => ({ ...NOTHING, count: 0 });
  facets = async () => ({ ...NOTHING, facets: {}, total: 0 });
  losses = async (): Promise<Losses> => ({ balanced: true, books: [], senders: [], store: {} });
  download = async (): Promise<Blob> => {
    throw new Error(`${this.name} is not open in this page`);
  };
}
