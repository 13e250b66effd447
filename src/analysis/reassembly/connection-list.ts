import type { TcpConnection } from "./tcp-connection.ts";

/**
 * Connections in the order in which something last happened on them, oldest first. The links stand in the connections
 * themselves: moving one allocates nothing.
 *
 *     oldest ─▶ c ⇄ c ⇄ c ◀─ newest
 */
export class ConnectionList {
  oldest: TcpConnection | undefined;
  size = 0;
  #newest: TcpConnection | undefined;

  /** Puts a connection last, and takes it out of the list that it was in. */
  moveToEnd(connection: TcpConnection): void {
    if (connection === this.#newest) return;
    connection.list?.remove(connection);
    connection.list = this;
    this.size++;
    connection.older = this.#newest;
    if (this.#newest === undefined) this.oldest = connection;
    else this.#newest.newer = connection;
    this.#newest = connection;
  }

  remove(connection: TcpConnection): void {
    const { older, newer } = connection;
    if (older === undefined) this.oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    connection.older = undefined;
    connection.newer = undefined;
    connection.list = undefined;
    this.size--;
  }
}
