import { type ClientHello, EXTENSION, isGrease } from "./handshake.ts";

/**
 * The JA4 fingerprint of a client's hello over TCP (FoxIO's JA4 specification): `t13d1516h2_8daaf6152771_e5627efa2ab1`.
 * @param sha256 gives the digest of its argument, 32 bytes
 */
export function computeJa4(hello: ClientHello, sha256: (data: Uint8Array) => Uint8Array): string {
  const ciphers = hello.cipherSuites.filter((suite) => !isGrease(suite));
  const extensions = hello.extensions.filter((type) => !isGrease(type));
  const versions = hello.supportedVersions.filter((version) => !isGrease(version));
  const version = versions.length > 0 ? Math.max(...versions) : hello.version;
  const head = `t${VERSIONS[version] ?? "00"}${hello.extensions.includes(EXTENSION.serverName) ? "d" : "i"}${formatCount(ciphers)}${formatCount(extensions)}${formatAlpn(hello.alpn[0])}`;
  const hashed = extensions.filter((type) => type !== EXTENSION.serverName && type !== EXTENSION.alpn);
  const signatures = hello.signatureAlgorithms.filter((algorithm) => !isGrease(algorithm));
  const list = formatSorted(hashed) + (signatures.length > 0 ? `_${signatures.map(formatHex).join(",")}` : "");
  return `${head}_${shorten(formatSorted(ciphers), sha256)}_${hashed.length === 0 ? NOTHING : shorten(list, sha256)}`;
}

const VERSIONS: Record<number, string> = { 772: "13", 771: "12", 770: "11", 769: "10", 768: "s3", 2: "s2" };

const NOTHING = "000000000000";

function formatCount(values: readonly number[]): string {
  return String(Math.min(values.length, 99)).padStart(2, "0");
}

/** First and last character of the first protocol; of a name with other characters, its first and last hex digit. */
function formatAlpn(protocol: string | undefined): string {
  if (protocol === undefined || protocol === "") return "00";
  const ends = protocol[0]! + protocol.at(-1)!;
  if (/^[0-9A-Za-z]{2}$/.test(ends)) return ends;
  const hex = (character: string) => character.charCodeAt(0).toString(16).padStart(2, "0");
  return hex(protocol[0]!)[0]! + hex(protocol.at(-1)!)[1]!;
}

function formatSorted(values: readonly number[]): string {
  return values.map(formatHex).sort().join(",");
}

function formatHex(value: number): string {
  return value.toString(16).padStart(4, "0");
}

function shorten(list: string, sha256: (data: Uint8Array) => Uint8Array): string {
  if (list === "") return NOTHING;
  const digest = sha256(Uint8Array.from(list, (character) => character.charCodeAt(0)));
  return [...digest.subarray(0, 6)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
