import { join } from "node:path";
import { readClickHouseAddress } from "../../../src/collector/store/clickhouse/clickhouse-address.ts";
import { ClickHouseStore } from "../../../src/collector/store/clickhouse/clickhouse-store.ts";
import type { ExchangeStore } from "../../../src/collector/store/exchange-store.ts";
import { SqliteStore } from "../../../src/collector/store/sqlite-store.ts";
import { ClickHouseServer, noClickHouse } from "../clickhouse/start-clickhouse.ts";
import { makeTemporaryFolder } from "../temporary-folder.ts";

/** A store that tests are run against: none of them knows which. */
export interface StoreUnderTest {
  readonly name: string;
  readonly skip: string | false;
  /** Begins what all tests need. */
  begin(): Promise<RunningStores>;
}

export interface RunningStores {
  /** One that has nothing in it; opened again under the same name it has what was kept. */
  open(name: string): Promise<ExchangeStore>;
  end(): Promise<void>;
}

const FOREVER = { keepMillis: 1e12, maxBytes: 1e12 };

export const STORES: readonly StoreUnderTest[] = [
  {
    name: "the embedded store",
    skip: false,
    begin: async () => {
      const folder = makeTemporaryFolder();
      return {
        // Several segments, so that answers are put together.
        open: (name) => SqliteStore.open({ folder: join(folder.path, name), ...FOREVER, segmentBytes: 1 }),
        end: async () => folder.remove(),
      };
    },
  },
  {
    name: "ClickHouse",
    skip: noClickHouse ?? false,
    begin: async () => {
      const folder = makeTemporaryFolder();
      const server = await ClickHouseServer.start(join(folder.path, "data"));
      return {
        open: (name) =>
          ClickHouseStore.open({
            address: readClickHouseAddress(`clickhouse://127.0.0.1:${server.port}/${name}`),
            spill: join(folder.path, `spill-${name}`),
            ...FOREVER,
          }),
        end: async () => {
          await server.kill();
          folder.remove();
        },
      };
    },
  },
];
