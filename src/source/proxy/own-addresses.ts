import { statSync } from "node:fs";
import { networkInterfaces } from "node:os";
import type { Endpoint } from "../../model/index.ts";
import { readIpAddress, unmapIpAddress } from "../../wire/packet/ip-address.ts";
import { isLoopback } from "../loopback.ts";

/**
 * The addresses that this process listens on. The proxy refuses to connect to them: a connection to its own listener would
 * connect to itself forever, and its admin listener is not for whoever can reach a proxied port.
 */
export class OwnAddresses {
  readonly #listening = new Set<Endpoint>();
  readonly #interfaces: () => readonly string[];

  /** @param interfaces the addresses of this machine, as they are now */
  constructor(interfaces: () => readonly string[] = listInterfaces) {
    this.#interfaces = interfaces;
  }

  /** @param endpoint with the port that was really taken */
  add(endpoint: Endpoint): void {
    this.#listening.add(endpoint);
  }

  remove(endpoint: Endpoint): void {
    this.#listening.delete(endpoint);
  }

  includes(target: Endpoint): boolean {
    for (const own of this.#listening) if (this.#reaches(target, own)) return true;
    return false;
  }

  #reaches(target: Endpoint, own: Endpoint): boolean {
    if (target.kind === "pipe" || own.kind === "pipe")
      return target.kind === "pipe" && own.kind === "pipe" && isSameFile(target.path, own.path);
    if (target.port !== own.port) return false;
    const [to, from] = [canonical(target.address), canonical(own.address)];
    if (to === from) return true;
    if (isWildcard(from)) return (from === "::" || !isIpv6(to)) && this.#isOfThisMachine(to);
    return isWildcard(to) && isLoopback(from);
  }

  #isOfThisMachine(address: string): boolean {
    return isWildcard(address) || isLoopback(address) || this.#interfaces().some((one) => canonical(one) === address);
  }
}

/** One spelling for one address, whatever it was written as: `::ffff:7f00:1` reaches what `127.0.0.1` reaches. */
function canonical(address: string): string {
  const read = readIpAddress(address);
  return read === undefined ? address : unmapIpAddress(read).toString().replace(/%.*$/, "");
}

function isWildcard(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}

/** A listener on `0.0.0.0` is not reached by IPv6, but for `::`, which some systems take for either. */
function isIpv6(address: string): boolean {
  return address.includes(":") && !isWildcard(address);
}

function listInterfaces(): string[] {
  return Object.values(networkInterfaces()).flatMap((entries = []) => entries.map(({ address }) => address));
}

/** A socket's file has as many names as there are ways to it; Linux's abstract ones (`@name`) have one. */
function isSameFile(one: string, other: string): boolean {
  if (one === other) return true;
  if (one.startsWith("@") || other.startsWith("@")) return false;
  const [first, second] = [one, other].map((path) => statSync(path, { bigint: true, throwIfNoEntry: false }));
  return first !== undefined && first.ino === second?.ino && first.dev === second.dev;
}
