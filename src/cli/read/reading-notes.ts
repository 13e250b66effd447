import type { Ledger } from "../../model/index.ts";
import type { KeyLog } from "../../wire/tls/key-log.ts";

/**
 * The note about TLS that was not decrypted; undefined where there was none. Secrets may also come out of the input.
 * @param keyLogPath what `--keylog` named
 */
export function noteUndecrypted(ledger: Ledger, keyLog: KeyLog, keyLogPath: string | undefined): string | undefined {
  const encrypted = ledger.book("bytes").skippedBy.get("encrypted") ?? 0;
  if (encrypted === 0) return undefined;
  const what = `${encrypted} bytes of TLS stay encrypted`;
  if (keyLogPath === undefined)
    return `${what}: --keylog FILE decrypts them, with the secrets that a client or server logged`;
  if (keyLog.size === 0) return `${what}: ${keyLogPath} has no secrets in NSS key log format`;
  if (!keyLog.wasOfUse)
    return `${what}: none of the secrets in ${keyLogPath} is of a connection that was seen from its beginning`;
  return `${what}: ${keyLogPath} has no secrets of their connections`;
}

/** The cost of it that not all connections can be followed at once; undefined where it cost nothing. */
export function noteEvicted(connections: number): string | undefined {
  if (connections === 0) return undefined;
  return `${connections} connections made room for others: --limit connections=N and --memory MiB follow more at once`;
}
