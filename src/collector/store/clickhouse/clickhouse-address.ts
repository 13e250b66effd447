import { TaplineError } from "../../../model/index.ts";

/** Where a database is: `clickhouse://[USER[:PASSWORD]@]HOST[:PORT][/DATABASE][?secure=1]`. */
export interface ClickHouseAddress {
  /** Its HTTP interface. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly database: string;
}

const HTTP_PORT = 8123;
const HTTPS_PORT = 8443;

/** @throws TaplineError `usage` */
export function readClickHouseAddress(
  text: string,
  password: string = process.env["TAPLINE_CLICKHOUSE_PASSWORD"] ?? "",
): ClickHouseAddress {
  const wrong = (problem: string) =>
    new TaplineError("usage", `--store: ${problem}`, { hint: "clickhouse://[USER@]HOST[:PORT][/DATABASE][?secure=1]" });
  if (!text.startsWith("clickhouse://")) throw wrong(`'${withoutPassword(text)}' is no address of a ClickHouse`);
  let url: URL;
  try {
    // URL takes hosts that are none where it does not know the scheme.
    url = new URL(text.replace(/^clickhouse:/, "http:"));
  } catch {
    throw wrong(`'${withoutPassword(text)}' is no address`);
  }
  const database = decodeURIComponent(url.pathname.slice(1)) || "tapline";
  if (!/^[A-Za-z_]\w{0,63}$/.test(database)) throw wrong(`'${database.slice(0, 80)}' is no name of a database`);
  for (const name of url.searchParams.keys())
    if (name !== "secure") throw wrong(`unknown parameter '${name.slice(0, 40)}'`);
  const secure = url.searchParams.get("secure") ?? "0";
  if (!/^[01]$/.test(secure)) throw wrong(`secure is 1 or 0, not '${secure.slice(0, 40)}'`);
  const port = url.port || String(secure === "1" ? HTTPS_PORT : HTTP_PORT);
  return {
    url: `${secure === "1" ? "https" : "http"}://${url.hostname}:${port}`,
    username: decodeURIComponent(url.username) || "default",
    password: decodeURIComponent(url.password) || password,
    database,
  };
}

/** For people: without user and password. */
export function formatClickHouse({ url, database }: ClickHouseAddress): string {
  return `clickhouse://${new URL(url).host}/${database}`;
}

const withoutPassword = (text: string): string => text.slice(0, 200).replace(/:\/\/[^@/]*@/, "://…@");
