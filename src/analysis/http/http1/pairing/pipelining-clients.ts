import { type Connection, clientOf, formatEndpoint, serverOf } from "../../../../model/index.ts";

/**
 * The clients that were seen to pipeline, by their address and the server that they asked: what tells of those of their connections whose start
 * was not seen. At most `MAX_CLIENTS` are known, those that were seen last.
 */
export class PipeliningClients {
  readonly #seen = new Set<string>();

  note(connection: Connection): void {
    const key = keyOf(connection);
    this.#seen.delete(key);
    this.#seen.add(key);
    if (this.#seen.size > MAX_CLIENTS) for (const oldest of this.#seen) return void this.#seen.delete(oldest);
  }

  has(connection: Connection): boolean {
    return this.#seen.size > 0 && this.#seen.has(keyOf(connection));
  }
}

function keyOf(connection: Connection): string {
  const client = clientOf(connection);
  const server = serverOf(connection);
  const host = client === undefined || !("address" in client) ? "" : client.address;
  return `${host} ${formatEndpoint(server)}`;
}

const MAX_CLIENTS = 1024;
