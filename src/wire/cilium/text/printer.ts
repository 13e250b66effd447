import { type Dialect, isAtLeast } from "../dialect.ts";
import { Dissector } from "../dissect/dissector.ts";
import type { GopacketVersion } from "../dissect/gopacket-version.ts";
import { reservedIdentity } from "../names/identities.ts";

/** Names for the numbers in messages. A name that is not known is undefined, and the number is printed. */
export interface Names {
  /** Names an interface index. */
  link?(index: number): string | undefined;
  /** Names a security identity. */
  identity?(identity: number): string | undefined;
  /** Names an endpoint id. */
  endpoint?(endpoint: number): string | undefined;
}

export interface PrinterOptions {
  readonly dialect?: Dialect;
  /** Print byte for byte what Cilium prints, faults included. */
  readonly compat?: boolean;
  /** Identities as numbers (v1.19 prints the names of the reserved ones). */
  readonly numeric?: boolean;
  readonly names?: Names;
}

const GOPACKET_OF: Readonly<Record<Dialect, GopacketVersion>> = {
  "v1.9": "1.1.17",
  "v1.19": "1.5.0",
  "v1.20": "1.6.1",
};

/** Shared by all messages of one output: whose texts, which names, and the dissector. */
export class Printer {
  readonly dialect: Dialect;
  /** The texts are those of v1.19 and later. */
  readonly atLeastV119: boolean;
  readonly atLeastV120: boolean;
  readonly compat: boolean;
  numeric: boolean;
  readonly dissector: Dissector;
  readonly #names: Names;

  constructor(options: PrinterOptions = {}) {
    this.dialect = options.dialect ?? "v1.9";
    this.atLeastV119 = isAtLeast(this.dialect, "v1.19");
    this.atLeastV120 = isAtLeast(this.dialect, "v1.20");
    this.compat = options.compat ?? false;
    this.numeric = options.numeric ?? false;
    this.#names = options.names ?? {};
    this.dissector = new Dissector(GOPACKET_OF[this.dialect], this.compat);
  }

  linkText(index: number): string {
    return this.#names.link?.(index) ?? `${index}`;
  }

  identityText(identity: number): string {
    if (this.numeric) return `${identity}`;
    return this.#names.identity?.(identity) ?? reservedIdentity(identity, this.dialect) ?? `${identity}`;
  }

  /** A name that was given for an identity, and not one of Cilium's own. */
  givenIdentityName(identity: number): string | undefined {
    return this.numeric ? undefined : this.#names.identity?.(identity);
  }

  /** The endpoint's number, and its name behind it where there is one. */
  endpointText(endpoint: number): string {
    const name = this.numeric ? undefined : this.#names.endpoint?.(endpoint);
    return name === undefined ? `${endpoint}` : `${endpoint} (${name})`;
  }
}
