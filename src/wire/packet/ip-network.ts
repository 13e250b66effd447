import { type IpAddress, readIpAddress, unmapIpAddress } from "./ip-address.ts";

/**
 * Whether an address is in a network: `10.0.0.0/8`, `fd00::/8`, or one address. Addresses are compared as bits, however they
 * are written; IPv4-mapped IPv6 addresses count as IPv4, and the prefix of a mapped network may count all 128 bits
 * (`::ffff:10.0.0.0/104`).
 * @throws Error when the network is none.
 */
export function compileNetwork(network: string): (address: string) => boolean {
  const [base, length, more] = network.split("/");
  const address = readAddress(base!);
  if (address === undefined || more !== undefined) throw new Error(`${network} is no network; 10.0.0.0/8 is one`);
  const most = address.kind() === "ipv4" ? 32 : 128;
  const written = length === undefined ? most : /^\d{1,3}$/.test(length) ? Number(length) : -1;
  const prefix = most === 32 && base!.includes(":") && written >= 96 ? written - 96 : written;
  if (prefix < 0 || prefix > most)
    throw new Error(`/${length} is no prefix length of an IPv${most === 32 ? 4 : 6} network: 0 to ${most}`);
  if (prefix === 32 && most === 32) {
    const plain = address.toString();
    return (text) => text === plain || (text.includes(":") && readAddress(text)?.toString() === plain);
  }
  // Connections come again and again: the last address that was asked for is known.
  let asked: string | undefined;
  let answer = false;
  return (text) => {
    if (text === asked) return answer;
    const found = readAddress(text);
    asked = text;
    answer = found !== undefined && found.kind() === address.kind() && found.match(address, prefix);
    return answer;
  };
}

/** Whether two texts are the same address; texts that are none are compared as they are. */
export function isSameAddress(a: string, b: string): boolean {
  if (a === b) return true;
  if (!a.includes(":") && !b.includes(":")) return false;
  const [one, other] = [readAddress(a), readAddress(b)];
  return one !== undefined && other !== undefined && one.toNormalizedString() === other.toNormalizedString();
}

function readAddress(text: string): IpAddress | undefined {
  const address = readIpAddress(text);
  return address && unmapIpAddress(address);
}
