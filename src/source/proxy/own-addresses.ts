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

  /** @param endpoint with the port that was really taken */
  add(endpoint: Endpoint): void {
    this.#listening.add(endpoint);
  }

  remove(endpoint: Endpoint): void {
    this.#listening.delete(endpoint);
  }

  includes(target: Endpoint): boolean {
    for (const own of this.#listening) if (reaches(target, own)) return true;
    return false;
  }
}

function reaches(target: Endpoint, own: Endpoint): boolean {
  if (target.kind === "pipe" || own.kind === "pipe")
    return target.kind === "pipe" && own.kind === "pipe" && target.path === own.path;
  if (target.port !== own.port) return false;
  const [to, from] = [canonical(target.address), canonical(own.address)];
  if (to === from) return true;
  if (isWildcard(from)) return isOfThisMachine(to);
  return isWildcard(to) && isLoopback(from);
}

/** One spelling for one address, whatever it was written as: `::ffff:7f00:1` reaches what `127.0.0.1` reaches. */
function canonical(address: string): string {
  const read = readIpAddress(address);
  return read === undefined ? address : unmapIpAddress(read).toString().replace(/%.*$/, "");
}

function isWildcard(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}

function isOfThisMachine(address: string): boolean {
  return (
    isWildcard(address) ||
    isLoopback(address) ||
    Object.values(networkInterfaces()).some((entries) => entries?.some((entry) => canonical(entry.address) === address))
  );
}
