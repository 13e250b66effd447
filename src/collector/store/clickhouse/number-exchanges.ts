import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { TaplineError } from "../../../model/index.ts";
import type { ClickHouseConnection } from "./clickhouse-connection.ts";

/**
 * Numbers for exchanges that no other collector of the database gives, without asking for each: 53 bits.
 *
 * ```
 * 52      46 45                          16 15         0
 * ┌─────────┬──────────────────────────────┬────────────┐
 * │ node    │ seconds since 2026           │ count      │
 * └─────────┴──────────────────────────────┴────────────┘
 * ```
 *
 * The node is claimed in the database when the collector starts. Whoever gives more than 65 536 in a second borrows from the next ones;
 * a clock that is set back is waited out by counting on.
 */
export class ExchangeNumbers {
  readonly #connection: ClickHouseConnection;
  readonly #node: number;
  readonly #instance: string;
  readonly #claimed: string;
  #next: number;
  #told: number;

  private constructor(connection: ClickHouseConnection, claim: Claim, next: number) {
    this.#connection = connection;
    this.#node = claim.node;
    this.#instance = claim.instance;
    this.#claimed = claim.claimed;
    this.#next = next;
    this.#told = Date.now();
  }

  /** @throws TaplineError `output` where the database cannot be asked, or has as many collectors as it may have */
  static async claim(connection: ClickHouseConnection, now: () => number = Date.now): Promise<ExchangeNumbers> {
    const instance = randomUUID();
    for (let tries = 0; tries < NODES; tries++) {
      const node = await findFreeNode(connection);
      await connection.command(
        "INSERT INTO collectors (node, instance, claimed, ended, last_id) SELECT ?, ?, now64(3), 0, 0",
        [node, instance],
      );
      // Another one may be claiming it at this moment: what it wrote is there after this.
      await delay(SETTLE_MILLIS);
      const claims = await claimsOf(connection, node);
      const own = claims.find((claim) => claim.instance === instance);
      if (own === undefined || claims[0] !== own) {
        await connection.command(
          "INSERT INTO collectors (node, instance, claimed, ended, last_id) SELECT ?, ?, now64(3), 1, 0",
          [node, instance],
        );
        continue;
      }
      const [row] = await connection.rows<{ last: number }>(
        "SELECT max(last_id) AS last FROM collectors WHERE node = ?",
        [node],
      );
      const last = (row?.last ?? 0) % NODE_SIZE;
      // Whoever had it before may have been killed after it told of its last number.
      const next = Math.max(countAt(now()), last === 0 ? 0 : last + (2 * TELL_MILLIS * PER_SECOND) / 1000);
      return new ExchangeNumbers(connection, own, next);
    }
    throw tooMany(connection);
  }

  /** The first of `count` numbers that follow each other. */
  take(count: number, now: number): number {
    const first = Math.max(this.#next, countAt(now));
    this.#next = first + count;
    return this.#node * NODE_SIZE + first;
  }

  /** Tells others now and then that it is there. */
  async tell(now: number): Promise<void> {
    if (now - this.#told < TELL_MILLIS) return;
    this.#told = now;
    await this.#write(0);
  }

  /** Its node may be claimed by another one at once. */
  release(): Promise<void> {
    return this.#write(1);
  }

  #write(ended: 0 | 1): Promise<void> {
    return this.#connection.command(
      "INSERT INTO collectors (node, instance, claimed, ended, last_id) SELECT ?, ?, ?, ?, ?",
      [this.#node, this.#instance, this.#claimed, ended, this.#node * NODE_SIZE + this.#next],
    );
  }
}

interface Claim {
  readonly node: number;
  readonly instance: string;
  readonly claimed: string;
}

const NODES = 128;
const NODE_SIZE = 2 ** 46;
const PER_SECOND = 2 ** 16;
const BEGIN_MILLIS = Date.UTC(2026, 0, 1);
const SETTLE_MILLIS = 300;
const TELL_MILLIS = 60_000;
/** Whoever was killed is waited for so long. */
const CLAIM_HOURS = 1;

function countAt(millis: number): number {
  return Math.max(0, Math.floor(((millis - BEGIN_MILLIS) / 1000) * PER_SECOND));
}

/** The claims of a node that hold, the first first. */
function claimsOf(connection: ClickHouseConnection, node: number): Promise<Claim[]> {
  return connection.rows<Claim>(
    `SELECT node, instance, toString(min(collectors.claimed)) AS claimed FROM collectors WHERE node = ?
     GROUP BY node, instance HAVING max(ended) = 0 AND max(seen) > now64(3) - INTERVAL ${CLAIM_HOURS} HOUR ORDER BY min(collectors.claimed), instance`,
    [node],
  );
}

async function findFreeNode(connection: ClickHouseConnection): Promise<number> {
  const rows = await connection.rows<{ node: number }>(
    `SELECT DISTINCT node FROM (SELECT node, instance FROM collectors
     GROUP BY node, instance HAVING max(ended) = 0 AND max(seen) > now64(3) - INTERVAL ${CLAIM_HOURS} HOUR)`,
  );
  const used = new Set(rows.map(({ node }) => node));
  for (let node = 0; node < NODES; node++) if (!used.has(node)) return node;
  throw tooMany(connection);
}

function tooMany({ name }: ClickHouseConnection): TaplineError {
  return new TaplineError("output", `the database ${name} has ${NODES} collectors already`, {
    hint: "one that was killed is forgotten after an hour",
  });
}
