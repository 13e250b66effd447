/**
 * ClickHouse's HTTP interface over ClickHouse in this process (chdb), as far as @clickhouse/client speaks it: statements with bound
 * parameters and settings, errors with their code. `serve-chdb.ts CHDB FOLDER PORT`; it says `ready` when it listens, and keeps all in FOLDER.
 */
import { createServer } from "node:http";
import { createRequire } from "node:module";

const [chdb, folder, port] = process.argv.slice(2) as [string, string, string];
interface Session {
  query(sql: string, format: string): string;
}
const { Session } = createRequire(import.meta.url)(chdb) as { Session: new (path: string) => Session };
const session = new Session(folder);
const NO_SETTINGS = /^(query|database|default_format|query_id|session_.*|param_.*|enable_http_compression|role)$/;

const server = createServer(async (request, response) => {
  const { searchParams } = new URL(request.url!, "http://localhost");
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  if (request.url === "/ping") return response.end("Ok.\n");
  const sql = [searchParams.get("query"), Buffer.concat(parts).toString()].filter(Boolean).join("\n");
  const settings = [...searchParams].filter(([name]) => !NO_SETTINGS.test(name) || name.startsWith("param_"));
  try {
    session.query(`USE ${searchParams.get("database") ?? "default"}`, "TSV");
    for (const [name, value] of settings) session.query(`SET ${name} = ${quote(value)}`, "TSV");
    response.end(session.query(sql, "TSV"));
  } catch (error) {
    const text = String((error as Error).message);
    response.writeHead(500, { "x-clickhouse-exception-code": /Code: (\d+)/.exec(text)?.[1] ?? "1000" });
    response.end(text);
  } finally {
    for (const [name] of settings) if (!name.startsWith("param_")) session.query(`SET ${name} = DEFAULT`, "TSV");
  }
  return undefined;
});
server.listen(Number(port), "127.0.0.1", () => console.log("ready"));

function quote(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}
