/** TLS of a sender. PEM. */
export interface SendTls {
  /** Whom to trust; absent: whom the system trusts. */
  readonly authority?: Uint8Array;
  readonly certificate?: Uint8Array;
  readonly key?: Uint8Array;
}

/** The options of `node:tls` for it. */
export function clientTlsOptions({ authority, certificate, key }: SendTls = {}) {
  return {
    ...(authority && { ca: Buffer.from(authority) }),
    ...(certificate && { cert: Buffer.from(certificate) }),
    ...(key && { key: Buffer.from(key) }),
  };
}
