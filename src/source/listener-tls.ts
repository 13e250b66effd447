/** TLS of a listener. PEM. */
export interface ListenerTls {
  readonly certificate: Uint8Array;
  readonly key: Uint8Array;
  /** Only clients with a certificate that it signed are served. */
  readonly clientAuthority?: Uint8Array;
}

/** As node:https and node:http2 take it. */
export function secureOptions({ certificate, key, clientAuthority }: ListenerTls) {
  return {
    cert: Buffer.from(certificate),
    key: Buffer.from(key),
    ...(clientAuthority && { ca: Buffer.from(clientAuthority), requestCert: true, rejectUnauthorized: true }),
  };
}
