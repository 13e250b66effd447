import { fromTelemetry } from "../../analysis/http/telemetry/index.ts";
import type { Connection, HttpExchange } from "../../model/index.ts";
import type { Telemetry } from "../../wire/telemetry/index.ts";
import { readWallClock } from "../wall-clock.ts";

/**
 * Makes exchanges of reports. Reports of the same ends from the same reporter share a connection; of connections that are too many,
 * the one that was reported of least recently is forgotten.
 */
export class ReportedExchanges {
  readonly #maxConnections: number;
  readonly #connections = new Map<string, Connection>();
  #exchanges = 0;
  #lastConnection = 0n;

  constructor(maxConnections = 65_536) {
    this.#maxConnections = maxConnections;
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
        const connection = known ?? make();
        if (known !== undefined) this.#connections.delete(key);
        this.#connections.set(key, connection);
        if (this.#connections.size > this.#maxConnections)
          this.#connections.delete(this.#connections.keys().next().value!);
        return connection;
      },
    });
  }
}
