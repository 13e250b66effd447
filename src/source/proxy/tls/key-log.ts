import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { BlockList, isIP } from "node:net";
import { dirname } from "node:path";
import type { Connection, Endpoint, Logger } from "../../../model/index.ts";
import type { AddressRange, KeyLogConfig } from "../config/tls-config.ts";

/**
 * Writes session keys in NSS key log format (what Wireshark reads as `tls.keylog_file`), of the connections whose addresses
 * are in the configured ranges. Whoever reads the file can read the traffic: it is made 0600 and only appended to.
 */
export class KeyLog {
  readonly #config: KeyLogConfig;
  readonly #logger: Logger;
  readonly #local: BlockList;
  readonly #remote: BlockList;
  #file: number | undefined;
  #failed = false;

  constructor(config: KeyLogConfig, logger: Logger) {
    this.#config = config;
    this.#logger = logger;
    this.#local = listRanges(config.localAddressRanges);
    this.#remote = listRanges(config.remoteAddressRanges);
  }

  /** @param line one line of the format, with its newline */
  write(connection: Connection, line: Uint8Array): void {
    const { localAddressRanges, remoteAddressRanges } = this.#config;
    if (localAddressRanges.length > 0 && !isIn(this.#local, connection.local)) return;
    if (remoteAddressRanges.length > 0 && !isIn(this.#remote, connection.remote)) return;
    try {
      this.#file ??= this.#open();
      writeSync(this.#file, line);
      this.#failed = false;
    } catch (error) {
      // Said once until it works again: a full disk would otherwise be said for every connection.
      if (!this.#failed)
        this.#logger.error({ path: this.#config.path, error: (error as Error).message }, "cannot write the key log");
      this.#failed = true;
    }
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #open(): number {
    mkdirSync(dirname(this.#config.path), { recursive: true, mode: 0o700 });
    return openSync(this.#config.path, "a", 0o600);
  }
}

function listRanges(ranges: readonly AddressRange[]): BlockList {
  const list = new BlockList();
  for (const { address, prefixLength } of ranges)
    list.addSubnet(address, prefixLength, isIP(address) === 6 ? "ipv6" : "ipv4");
  return list;
}

function isIn(ranges: BlockList, endpoint: Endpoint | undefined): boolean {
  return endpoint?.kind === "ip" && ranges.check(endpoint.address, isIP(endpoint.address) === 6 ? "ipv6" : "ipv4");
}
