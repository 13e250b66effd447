import { readFileSync } from "node:fs";
import type { Endpoint } from "../../model/index.ts";
import { readIpAddress, unmapIpAddress } from "../../wire/packet/ip-address.ts";

type IpEndpoint = Extract<Endpoint, { kind: "ip" }>;
type Ends = readonly [near: IpEndpoint, far: IpEndpoint];

/**
 * The sockets that the proxy's upstream side has opened. A connection that the proxy accepts from one of them is a loop: something on
 * the way (a redirection of packets, a balancer) has led it back, which its address did not show.
 */
export class OwnSockets {
  /** The far ends of those that have this near end: the kernel may give one port to connections to different places. */
  readonly #far = new Map<string, IpEndpoint[]>();
  readonly #isOpen: (near: IpEndpoint, far: IpEndpoint) => boolean | undefined;

  /** @param isOpen whether this machine has a connection with these ends; undefined: it cannot be known */
  constructor(isOpen: (...ends: Ends) => boolean | undefined = isOpenHere) {
    this.#isOpen = isOpen;
  }

  /** @param near undefined, or of a Unix socket: it is not followed. @returns what forgets it, once it has closed */
  add(near: Endpoint | undefined, far: Endpoint): () => void {
    if (near?.kind !== "ip" || far.kind !== "ip") return () => {};
    const key = keyOf(near);
    const ends = this.#far.get(key) ?? [];
    this.#far.set(key, [...ends, far]);
    return () => {
      const left = (this.#far.get(key) ?? []).filter((end) => end !== far);
      if (left.length === 0) this.#far.delete(key);
      else this.#far.set(key, left);
    };
  }

  /** Whether an accepted connection comes from one of them. @param remote its far end. @param local its near end */
  includes(remote: Endpoint | undefined, local: Endpoint | undefined): boolean {
    if (remote?.kind !== "ip" || local?.kind !== "ip") return false;
    const ends = this.#far.get(keyOf(remote));
    if (ends === undefined) return false;
    if (ends.some((end) => keyOf(end) === keyOf(local))) return true;
    // A client on this machine may have been given the same port; then its own end is to be found here.
    return this.#isOpen(remote, local) === false;
  }
}

function keyOf({ address, port }: IpEndpoint): string {
  // IPv4 has one spelling.
  const read = address.includes(":") ? readIpAddress(address) : undefined;
  return `${read === undefined ? address : unmapIpAddress(read).toString()} ${port}`;
}

/** Linux's tables of sockets (proc(5), `/proc/net/tcp`): an address is written as words of this machine's byte order, in hexadecimal. */
function isOpenHere(near: IpEndpoint, far: IpEndpoint): boolean | undefined {
  try {
    return ["/proc/net/tcp", "/proc/net/tcp6"].some((path) => hasRow(readFileSync(path, "latin1"), near, far));
  } catch {
    return undefined;
  }
}

/** @param table as the kernel writes it */
export function hasRow(table: string, near: IpEndpoint, far: IpEndpoint): boolean {
  return spell(near).some((first) => spell(far).some((second) => table.includes(`: ${first} ${second} `)));
}

/** An IPv4 address may stand in the table of IPv6. */
function spell({ address, port }: IpEndpoint): string[] {
  const read = readIpAddress(address);
  if (read === undefined) return [];
  const bytes = unmapIpAddress(read).toByteArray();
  const end = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const words = hexWords(bytes) + end;
  return bytes.length === 4 ? [words, hexWords([...MAPPED, ...bytes]) + end] : [words];
}

const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

function hexWords(bytes: readonly number[]): string {
  const view = new DataView(Uint8Array.from(bytes).buffer);
  let text = "";
  for (let at = 0; at < bytes.length; at += 4)
    text += view.getUint32(at, IS_LITTLE).toString(16).toUpperCase().padStart(8, "0");
  return text;
}

const IS_LITTLE = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
