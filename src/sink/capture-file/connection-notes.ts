import { outermostByHeads } from "../../analysis/applications/table.ts";
import { rowOf } from "../../analysis/protocols/index.ts";
import { showMarks } from "../../analysis/redaction/index.ts";
import { type Connection, type Exchange, elapsedNanos, findApplication } from "../../model/index.ts";

/** Exchanges of one connection that are told one by one, and connections that something is remembered of. */
const MAX_EXCHANGES = 16;
const MAX_CONNECTIONS = 1_000_000;

/** Findings about the connections of one file: comments for their packets in a pcapng. */
export class ConnectionNotes {
  readonly #notes = new Map<bigint, { connection: Connection; lines: string[]; count: number }>();

  /** @param exchange redacted */
  add(exchange: Exchange): void {
    const { connection } = exchange;
    let note = this.#notes.get(connection.id);
    if (note === undefined) {
      if (this.#notes.size >= MAX_CONNECTIONS) return;
      note = { connection, lines: [], count: 0 };
      this.#notes.set(connection.id, note);
    }
    if (note.count++ < MAX_EXCHANGES) note.lines.push(this.#describe(exchange));
  }

  /** Whether anything was found on the connection. */
  has(id: bigint): boolean {
    return this.#notes.has(id);
  }

  /** Once a connection: with its first packet. */
  take(id: bigint): string[] {
    const note = this.#notes.get(id);
    if (note === undefined || note.lines.length === 0) return [];
    const { connection, lines, count } = note;
    note.lines = [];
    const more = count > lines.length ? [`and ${count - lines.length} exchanges more`] : [];
    return [...describeConnection(connection), ...lines, ...more].map((line) => `tapline: ${showMarks(line)}`);
  }

  #describe(exchange: Exchange): string {
    const { protocol, application, times, quality } = exchange;
    const { verb = "-", host = "", target = "", status = "-" } = rowOf(exchange).cells(exchange);
    const nanos = elapsedNanos(times.requestStart, times.responseEnd);
    const parts = [
      verb,
      `${host}${target}`,
      `→ ${status}`,
      findApplication(exchange, "grpc")?.statusName,
      outermostByHeads(application)?.name ?? protocol,
      nanos === undefined ? undefined : `${nanos / 1e6} ms`,
      quality,
    ];
    return parts.filter((part) => part !== undefined && part !== "").join(" ");
  }
}

/** Facts of a connection, in a line. */
export function describeConnection({ id, tls, process, source }: Connection): string[] {
  const facts = [
    ["connection", String(id)],
    ["source", source],
    ["tls", tls?.version],
    ["sni", tls?.sni],
    ["alpn", tls?.alpn],
    ["ja4", tls?.ja4],
    ["pid", process === undefined ? undefined : String(process.pid)],
    ["command", process?.command],
    ["pod", process?.pod],
  ];
  return [
    facts
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${name} ${value}`)
      .join(", "),
  ];
}
