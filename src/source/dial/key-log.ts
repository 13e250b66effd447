import { appendFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Connection, Endpoint } from "../../model/index.ts";
import { compileNetwork } from "../../wire/packet/ip-network.ts";
import { makeFolder } from "../make-folder.ts";
import type { SparseLog } from "../sparse-log.ts";
import type { AddressRange, KeyLogConfig } from "./tls-config.ts";

/**
 * Writes session keys in NSS key log format (what Wireshark reads as `tls.keylog_file`), of the connections whose addresses
 * are in the configured ranges. Whoever reads the file can read the traffic: it is made 0600 and only appended to. It is
 * opened for each line, of which a handshake has five, so that it may be moved away at any time.
 */
export class KeyLog {
  readonly #config: KeyLogConfig;
  readonly #log: SparseLog;
  readonly #local: Networks;
  readonly #remote: Networks;

  constructor(config: KeyLogConfig, log: SparseLog) {
    this.#config = config;
    this.#log = log;
    this.#local = listRanges(config.localAddressRanges);
    this.#remote = listRanges(config.remoteAddressRanges);
  }

  /** @param line one line of the format, with its newline */
  write(connection: Connection, line: Uint8Array): void {
    const { path, localAddressRanges, remoteAddressRanges } = this.#config;
    if (localAddressRanges.length > 0 && !isIn(this.#local, connection.local)) return;
    if (remoteAddressRanges.length > 0 && !isIn(this.#remote, connection.remote)) return;
    try {
      append(path, line);
    } catch (error) {
      this.#log.warn({ path, error: (error as Error).message }, "cannot write the key log");
    }
  }
}

function append(path: string, line: Uint8Array): void {
  try {
    appendFileSync(path, line, { mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    makeFolder(dirname(path));
    appendFileSync(path, line, { mode: 0o600 });
  }
}

type Networks = readonly ((address: string) => boolean)[];

function listRanges(ranges: readonly AddressRange[]): Networks {
  return ranges.map(({ address, prefixLength }) => compileNetwork(`${address}/${prefixLength}`));
}

function isIn(networks: Networks, endpoint: Endpoint | undefined): boolean {
  return endpoint?.kind === "ip" && networks.some((includes) => includes(endpoint.address));
}
