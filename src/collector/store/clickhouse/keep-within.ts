import type { KnownFacts } from "../exchange-store.ts";
import type { ClickHouseConnection } from "./clickhouse-connection.ts";

/** Lets go of the oldest days of arrival, but the last, until all exchanges take less than so many bytes. */
export async function dropOldest(connection: ClickHouseConnection, maxBytes: number): Promise<void> {
  const days = await connection.rows<{ id: string; bytes: number }>(
    `SELECT partition_id AS id, sum(bytes_on_disk) AS bytes FROM system.parts
     WHERE database = currentDatabase() AND table = 'exchanges' AND active GROUP BY id ORDER BY id`,
  );
  let bytes = days.reduce((sum, day) => sum + day.bytes, 0);
  for (const day of days.slice(0, -1)) {
    if (bytes <= maxBytes) return;
    await connection.command(`ALTER TABLE exchanges DROP PARTITION ID '${day.id.replace(/\W/g, "")}'`);
    bytes -= day.bytes;
  }
}

export async function factsOf(connection: ClickHouseConnection): Promise<KnownFacts> {
  const [kept] = await connection.rows<{ exchanges: number; bytes: number; segments: number }>(
    `SELECT sumIf(rows, table = 'exchanges') AS exchanges, sum(bytes_on_disk) AS bytes, uniqIf(partition_id, table = 'exchanges') AS segments
     FROM system.parts WHERE database = currentDatabase() AND active`,
  );
  const edge = async (direction: "ASC" | "DESC") =>
    (
      await connection.rows<{ time: number }>(
        `SELECT toUnixTimestamp64Micro(at) AS time FROM exchanges ORDER BY at ${direction} LIMIT 1`,
      )
    )[0]?.time;
  const [oldest, newest] = [await edge("ASC"), await edge("DESC")];
  return { ...kept!, ...(oldest !== undefined && { oldest }), ...(newest !== undefined && { newest }) };
}
