import { type IpAddress, readIpAddress, unmapIpAddress } from "./ip-address.ts";

/**
 * Whether an address is in a network: `10.0.0.0/8`, `fd00::/8`, or one address. IPv4-mapped IPv6 addresses count as IPv4.
 * @throws Error when the network is none.
 */
export function compileNetwork(network: string): (address: string) => boolean {
  const [base, length, more] = network.split("/");
  const address = readAddress(base!);
  if (address === undefined || more !== undefined) throw new Error(`${network} is no network; 10.0.0.0/8 is one`);
  const most = address.kind() === "ipv4" ? 32 : 128;
  const prefix = length === undefined ? most : /^\d{1,3}$/.test(length) ? Number(length) : -1;
  if (prefix < 0 || prefix > most)
    throw new Error(`/${length} is no prefix length of an IPv${most === 32 ? 4 : 6} network: 0 to ${most}`);
  if (prefix === 32 && most === 32) {
    const plain = address.toString();
    const mapped = `::ffff:${plain}`;
    return (text) => text === plain || text === mapped;
  }
  return (text) => {
    const found = readAddress(text);
    return found !== undefined && found.kind() === address.kind() && found.match(address, prefix);
  };
}

function readAddress(text: string): IpAddress | undefined {
  const address = readIpAddress(text);
  return address && unmapIpAddress(address);
}
