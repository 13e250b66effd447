import type { DatabaseSync, StatementSync } from "node:sqlite";
import { LatencySketch } from "../../../analysis/latency/latency-sketch.ts";
import { ROUTE_SQL, type StoredValue } from "../record/columns.ts";

/** Sums of one minute, service, method and route. */
export interface Rollup {
  readonly minute: number;
  readonly service: string;
  readonly method: string;
  readonly route: string;
  readonly counts: number[];
  requestBytes: number;
  responseBytes: number;
  readonly latency: LatencySketch;
}

/** The columns of an exchange that sums are made of. */
export interface SummedColumns {
  /** Microseconds since the epoch. */
  readonly time: StoredValue;
  readonly service: StoredValue;
  readonly method: StoredValue;
  readonly route: StoredValue;
  readonly outcome: StoredValue;
  readonly request_size: StoredValue;
  readonly response_size: StoredValue;
  readonly duration: StoredValue;
}

/** The columns of the outcomes, in the order of `Rollup.counts`. */
export const OUTCOME_COLUMNS = ["ok", "redirect", "client_error", "error", "none"] as const;
export const OUTCOMES = ["ok", "redirect", "client-error", "error", "none"];

/** Where there is no route, the operation stands for it. */
export const SUMMED_ROUTE_SQL = `coalesce(${ROUTE_SQL}, operation)`;

/** Microseconds. */
export const MINUTE = 60_000_000;

/** Services, methods and routes of one minute that are told apart; those beyond are summed as the route `(other)`. */
const MAX_ROUTES = 2000;
/** Sums that are held in memory, to be written again; the oldest is let go of. */
const MAX_HELD = 8192;
const OTHER = "(other)";

/**
 * The sums of a segment per minute, written with the exchanges that they sum up. What was summed is read back where it is no longer
 * held.
 */
export class Rollups {
  readonly #find: StatementSync;
  readonly #write: StatementSync;
  readonly #held = new Map<string, Rollup>();
  readonly #changed = new Set<Rollup>();
  readonly #spoilt = new Set<Rollup>();
  readonly #routes = new Map<number, number>();
  readonly #count: StatementSync;

  constructor(database: DatabaseSync) {
    this.#find = database.prepare(
      "SELECT * FROM rollups WHERE minute = ? AND service = ? AND method = ? AND route = ?",
    );
    this.#count = database.prepare("SELECT count(*) AS routes FROM rollups WHERE minute = ?");
    this.#write = database.prepare(
      `INSERT OR REPLACE INTO rollups (minute, service, method, route, ${OUTCOME_COLUMNS.join(", ")}, request_bytes, response_bytes, latency)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
  }

  /** Takes an exchange in. */
  add(exchange: SummedColumns): void {
    const rollup = this.#rollupOf(exchange);
    const outcome = OUTCOMES.indexOf(String(exchange.outcome ?? "ok"));
    rollup.counts[outcome < 0 ? 0 : outcome]!++;
    rollup.requestBytes += Number(exchange.request_size ?? 0);
    rollup.responseBytes += Number(exchange.response_size ?? 0);
    if (exchange.duration !== null) rollup.latency.add(Number(exchange.duration));
    this.#changed.add(rollup);
  }

  /** Writes what has changed, within the transaction of the exchanges. */
  write(): void {
    for (const { minute, service, method, route, counts, requestBytes, responseBytes, latency } of this.#changed)
      this.#write.run(minute, service, method, route, ...counts, requestBytes, responseBytes, latency.encode());
    this.#changed.clear();
    while (this.#held.size > MAX_HELD) this.#held.delete(this.#held.keys().next().value!);
  }

  /** One that it holds no longer counts: its minute and route are summed up anew by `mend`. */
  spoil(exchange: SummedColumns): void {
    this.#spoilt.add(this.#rollupOf(exchange));
  }

  /** Sums up anew what was spoilt. */
  mend(database: DatabaseSync): void {
    if (this.#spoilt.size === 0) return;
    const rows = database.prepare(
      `SELECT time, service, method, ${SUMMED_ROUTE_SQL} AS route, outcome, request_size, response_size, duration
       FROM exchanges WHERE time >= ? AND time < ? AND service IS ? AND counted = 1`,
    );
    for (const { minute, service, method, route } of this.#spoilt) {
      this.#held.delete(keyOf(minute, service, method, route));
      const anew = this.#make(minute, service, method, route);
      this.#changed.add(anew);
      for (const row of rows.iterate(minute * MINUTE, (minute + 1) * MINUTE, service === "" ? null : service)) {
        const one = row as unknown as SummedColumns;
        if (this.#rollupOf(one) === anew) this.add(one);
      }
    }
    this.#spoilt.clear();
  }

  /** Sums up anew what is there, within a transaction. */
  rebuild(database: DatabaseSync): void {
    this.forget();
    database.exec("DELETE FROM rollups");
    const rows = database.prepare(
      `SELECT time, service, method, ${SUMMED_ROUTE_SQL} AS route, outcome, request_size, response_size, duration
       FROM exchanges WHERE counted = 1 ORDER BY time`,
    );
    for (const row of rows.iterate()) {
      this.add(row as unknown as SummedColumns);
      if (this.#changed.size >= MAX_HELD) this.write();
    }
    this.write();
  }

  /** Exchanges taken in since the last `write` were not written: all is read again when it is needed. */
  forget(): void {
    this.#changed.clear();
    this.#spoilt.clear();
    this.#held.clear();
    this.#routes.clear();
  }

  #rollupOf({ time, ...names }: SummedColumns): Rollup {
    const minute = Math.floor(Number(time) / MINUTE);
    const [service, method, route] = [names.service, names.method, names.route].map((name) => String(name ?? "")) as [
      string,
      string,
      string,
    ];
    return (
      this.#lookUp(minute, service, method, route) ??
      (this.#routesOf(minute) < MAX_ROUTES
        ? this.#make(minute, service, method, route)
        : (this.#lookUp(minute, service, OTHER, OTHER) ?? this.#make(minute, service, OTHER, OTHER)))
    );
  }

  #lookUp(minute: number, service: string, method: string, route: string): Rollup | undefined {
    const key = keyOf(minute, service, method, route);
    const held = this.#held.get(key);
    if (held !== undefined) return held;
    const row = this.#find.get(minute, service, method, route);
    if (row === undefined) return undefined;
    const found = rollupOf(row as unknown as RollupRow);
    this.#held.set(key, found);
    return found;
  }

  #make(minute: number, service: string, method: string, route: string): Rollup {
    this.#routes.set(minute, this.#routesOf(minute) + 1);
    const made: Rollup = {
      minute,
      service,
      method,
      route,
      counts: [0, 0, 0, 0, 0],
      requestBytes: 0,
      responseBytes: 0,
      latency: new LatencySketch(),
    };
    this.#held.set(keyOf(minute, service, method, route), made);
    return made;
  }

  #routesOf(minute: number): number {
    let routes = this.#routes.get(minute);
    if (routes === undefined) {
      routes = (this.#count.get(minute) as { routes: number }).routes;
      if (this.#routes.size > 128) this.#routes.clear();
      this.#routes.set(minute, routes);
    }
    return routes;
  }
}

function keyOf(minute: number, service: string, method: string, route: string): string {
  return `${minute}\n${service}\n${method}\n${route}`;
}

/** A row of the table. */
export interface RollupRow {
  readonly minute: number;
  readonly service: string;
  readonly method: string;
  readonly route: string;
  readonly ok: number;
  readonly redirect: number;
  readonly client_error: number;
  readonly error: number;
  readonly none: number;
  readonly request_bytes: number;
  readonly response_bytes: number;
  readonly latency: Uint8Array;
}

export function rollupOf(row: RollupRow): Rollup {
  return {
    minute: row.minute,
    service: row.service,
    method: row.method,
    route: row.route,
    counts: OUTCOME_COLUMNS.map((name) => row[name]),
    requestBytes: row.request_bytes,
    responseBytes: row.response_bytes,
    latency: LatencySketch.decode(row.latency),
  };
}
