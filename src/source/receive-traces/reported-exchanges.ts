import { fromTelemetry } from "../../analysis/http/telemetry/index.ts";
import { type Connection, type HttpExchange, RecentMap } from "../../model/index.ts";
import type { Telemetry } from "../../wire/telemetry/index.ts";
import { readWallClock } from "../wall-clock.ts";

/**
 * Makes exchanges of reports. Reports of the same ends from the same reporter share a connection; of connections that are too many,
 * those that were reported of least recently are forgotten.
 */
export class ReportedExchanges {
  readonly #connections: RecentMap<string, Connection>;
  #exchanges = 0;
  #lastConnection = 0n;

  constructor(maxConnections = 65_536) {
    this.#connections = new RecentMap(maxConnections);
  }

  /**
   * @param reporter names who sent it: the address of a sidecar
   * @param isBroken the report was no JSON
   */
  make(telemetry: Telemetry, reporter: string, isBroken = false): HttpExchange {
    return fromTelemetry(telemetry, {
      isBroken,
      id: this.#exchanges++,
      received: readWallClock(),
      source: reporter,
      nextConnectionId: () => this.#lastConnection++,
      connectionFor: (key, make) => {
        const known = this.#connections.get(key);
        if (known !== undefined) return known;
        const connection = make();
        this.#connections.set(key, connection);
        return connection;
      },
    });
  }
}
