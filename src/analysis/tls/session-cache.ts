/**
 * Master secrets of TLS 1.2 sessions under their session id or ticket, so that a resumed session (RFC 5246 §7.3, RFC 5077) is
 * decrypted even where the key log has only the first connection's secret. Holds at most `limit` of them; the oldest goes.
 */
export class SessionCache {
  readonly #limit: number;
  readonly #secrets = new Map<string, Uint8Array>();

  constructor(limit = 10_000) {
    this.#limit = limit;
  }

  remember(id: Uint8Array, master: Uint8Array): void {
    if (id.length === 0) return;
    if (this.#secrets.size >= this.#limit) this.#secrets.delete(this.#secrets.keys().next().value!);
    this.#secrets.set(id.join(), master);
  }

  find(id: Uint8Array): Uint8Array | undefined {
    return id.length === 0 ? undefined : this.#secrets.get(id.join());
  }
}
