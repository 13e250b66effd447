/**
 * Whether an address is in a network: `10.0.0.0/8`, `fd00::/8`, or one address. IPv4-mapped IPv6 addresses count as IPv4.
 * @throws Error when the network is none.
 */
export function compileNetwork(network: string): (address: string) => boolean {
  const [base, length, more] = network.split("/");
  const bits = parseAddress(base!);
  if (bits === undefined || more !== undefined) throw new Error(`${network} is no network; 10.0.0.0/8 is one`);
  const prefix = length === undefined ? bits.length : /^\d{1,3}$/.test(length) ? Number(length) : -1;
  if (prefix < 0 || prefix > bits.length)
    throw new Error(
      `/${length} is no prefix length of an IPv${bits.length === 32 ? 4 : 6} network: 0 to ${bits.length}`,
    );
  const wanted = bits.slice(0, prefix);
  if (prefix === bits.length && bits.length === 32) {
    const mapped = `::ffff:${base}`;
    return (address) => address === base || address === mapped;
  }
  return (address) => {
    const found = parseAddress(address);
    return found !== undefined && found.length === bits.length && found.startsWith(wanted);
  };
}

/** The bits of an IP address as a text of 32 or 128 zeros and ones. */
function parseAddress(text: string): string | undefined {
  if (!text.includes(":")) return parseIpv4(text);
  let source = text;
  const dotted = /:(\d+\.\d+\.\d+\.\d+)$/.exec(source);
  if (dotted !== null) {
    const bits = parseIpv4(dotted[1]!);
    if (bits === undefined) return undefined;
    const groups = [bits.slice(0, 16), bits.slice(16)].map((part) => Number.parseInt(part, 2).toString(16));
    source = `${source.slice(0, dotted.index + 1)}${groups.join(":")}`;
  }
  const halves = source.split("::");
  if (halves.length > 2) return undefined;
  const head = halves[0] === "" ? [] : halves[0]!.split(":");
  const tail = halves[1] === undefined || halves[1] === "" ? [] : halves[1].split(":");
  const zeros = halves.length === 2 ? 8 - head.length - tail.length : 0;
  if (zeros < 0) return undefined;
  const groups = [...head, ...Array<string>(zeros).fill("0"), ...tail];
  if (groups.length !== 8 || groups.some((group) => !/^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  const bits = groups.map((group) => Number.parseInt(group, 16).toString(2).padStart(16, "0")).join("");
  return bits.startsWith(MAPPED) ? bits.slice(96) : bits;
}

const MAPPED = "0".repeat(80) + "1".repeat(16);

function parseIpv4(text: string): string | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || parts.some((part) => !/^\d{1,3}$/.test(part) || Number(part) > 255)) return undefined;
  return parts.map((part) => Number(part).toString(2).padStart(8, "0")).join("");
}
