import type { Ledger } from "../../model/index.ts";
import type { KeyLog } from "../../wire/tls/key-log.ts";
import type { TlsCrypto } from "../../wire/tls/tls-crypto.ts";

/** Options for reading TLS. */
export interface TlsOptions {
  /** Gets the book `plaintext`: what records decrypt to, settled by what is inside. */
  readonly ledger: Ledger;
  /** Without it nothing is decrypted, and there are no JA4 fingerprints. */
  readonly crypto?: TlsCrypto;
  readonly keyLog?: KeyLog;
  /**
   * Secrets may come later than the records that they open: such records are held back, within the limits. Default false:
   * what has no secret when it comes is passed over.
   */
  readonly secretsMayCome?: boolean;
}
