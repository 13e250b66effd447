import type { ClickHouseClient, ClickHouseSettings } from "@clickhouse/client";
import { formatError, TaplineError } from "../../../model/index.ts";
import type { SqlParameter } from "../query/sql-condition.ts";
import { type ClickHouseAddress, formatClickHouse } from "./clickhouse-address.ts";

/** How long a statement may take. */
const REQUEST_MILLIS = 60_000;
/** Statements at once; the others wait. */
const MAX_CONNECTIONS = 10;

const SETTINGS: ClickHouseSettings = {
  // Numbers of exchanges stay below 2^53.
  output_format_json_quote_64bit_integers: 0,
  // A question that nobody waits for any more ends.
  cancel_http_readonly_queries_on_client_close: 1,
  date_time_input_format: "best_effort",
};

/** Speaks to a ClickHouse over HTTP. Errors tell which one it is, and never its password. */
export class ClickHouseConnection {
  readonly #address: ClickHouseAddress;
  readonly #client: ClickHouseClient;

  readonly #create: (database: string) => ClickHouseClient;

  private constructor(address: ClickHouseAddress, create: (database: string) => ClickHouseClient) {
    this.#address = address;
    this.#create = create;
    this.#client = create(address.database);
  }

  /** Connects to nothing yet: the first statement does. */
  static async open(address: ClickHouseAddress): Promise<ClickHouseConnection> {
    const { createClient, ClickHouseLogLevel } = await import("@clickhouse/client");
    const create = (database: string): ClickHouseClient =>
      createClient({
        url: address.url,
        username: address.username,
        password: address.password,
        database,
        application: "tapline",
        // Every fault is an error of ours, which is told once.
        log: { level: ClickHouseLogLevel.OFF },
        request_timeout: REQUEST_MILLIS,
        max_open_connections: MAX_CONNECTIONS,
        // A socket that the server has just closed would lose a statement.
        keep_alive: { enabled: true, idle_socket_ttl: 2000 },
        clickhouse_settings: SETTINGS,
      });
    return new ClickHouseConnection(address, create);
  }

  /** For people: without user and password. */
  get name(): string {
    return formatClickHouse(this.#address);
  }

  async createDatabase(): Promise<void> {
    // A statement of a database that is not there is refused.
    const client = this.#create("default");
    try {
      await this.#tell(() => client.command({ query: `CREATE DATABASE IF NOT EXISTS ${this.#address.database}` }));
    } finally {
      await client.close();
    }
  }

  async command(
    sql: string,
    parameters: readonly SqlParameter[] = [],
    settings: ClickHouseSettings = {},
  ): Promise<void> {
    const { query, query_params } = bind(sql, parameters);
    await this.#tell(() => this.#client.command({ query, query_params, clickhouse_settings: settings }));
  }

  /** All rows of an answer. */
  async rows<Row>(sql: string, parameters: readonly SqlParameter[] = [], signal?: AbortSignal): Promise<Row[]> {
    const { query, query_params } = bind(sql, parameters);
    return this.#tell(async () => {
      const result = await this.#client.query({
        query,
        query_params,
        format: "JSONEachRow",
        ...(signal && { abort_signal: signal }),
      });
      return result.json<Row>();
    }, signal);
  }

  /** @param lines of JSONCompactEachRow */
  async insert(
    table: string,
    columns: readonly string[],
    lines: string,
    settings: ClickHouseSettings = {},
  ): Promise<void> {
    const query = `INSERT INTO ${table} (${columns.join(", ")}) FORMAT JSONCompactEachRow\n${lines}`;
    await this.#tell(() => this.#client.command({ query, clickhouse_settings: settings }));
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  async #tell<Result>(work: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    signal?.throwIfAborted();
    try {
      return await work();
    } catch (cause) {
      if (signal?.aborted === true) throw signal.reason;
      throw new ClickHouseError(this.name, cause as Error);
    }
  }
}

/** Codes of what cannot be read: of texts, JSON, times, numbers. */
const OF_ROWS = new Set(["6", "26", "27", "41", "72", "117"]);
/** Codes of faults that the same statement would have again: of parsing, types, names and rights. */
const LASTING = new Set([
  "6",
  "16",
  "26",
  "27",
  "36",
  "41",
  "43",
  "47",
  "53",
  "60",
  "62",
  "69",
  "72",
  "81",
  "117",
  "192",
  "193",
  "194",
  "497",
  "516",
]);

/** The database's own words, or why it could not be asked. */
export class ClickHouseError extends TaplineError {
  /** It would say the same again. */
  readonly isLasting: boolean;
  /** It is about the rows of this statement, and of no other. */
  readonly isOfRows: boolean;

  constructor(name: string, cause: Error) {
    const { code } = cause as { code?: string };
    // Servers and proxies before a database may refuse a statement without a word.
    const words = formatError(cause).split("\n")[0]!.slice(0, 500) || "the answer says that it failed, and not why";
    super("output", `the database ${name}: ${words}`, { cause });
    this.isLasting = LASTING.has(String(code));
    this.isOfRows = OF_ROWS.has(String(code));
  }
}

/** Each `?` outside of quotes becomes a parameter with its type: values never stand in the statement. */
function bind(
  sql: string,
  parameters: readonly SqlParameter[],
): { query: string; query_params: Record<string, SqlParameter> } {
  const query_params: Record<string, SqlParameter> = {};
  let index = 0;
  const query = sql.replace(/'(?:[^'\\]|\\.)*'|\?/g, (found) => {
    if (found !== "?") return found;
    const name = `p${index}`;
    const value = parameters[index++]!;
    query_params[name] = value;
    return `{${name}:${typeof value === "string" ? "String" : "Int64"}}`;
  });
  return { query, query_params };
}
