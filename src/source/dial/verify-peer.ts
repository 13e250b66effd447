import { createHash, type X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import type { StringMatcher } from "../../tap/config/match-predicate.ts";
import { compileStringMatcher } from "../../tap/match/compile-header-matcher.ts";
import type { CertificateValidation, SubjectAltNameMatcher } from "./tls-config.ts";

/**
 * Checks a peer's certificate after the handshake, by Envoy's `CertificateValidationContext`: the chain where a CA is given,
 * a pin (a hash of the certificate or of its key) where there are any, a name where names are asked for.
 *
 * @param address that the certificate must be for, too
 * @returns what is wrong, for a log; undefined when nothing is
 */
export function verifyPeer(
  socket: TLSSocket,
  validation: CertificateValidation | undefined,
  address?: string,
): string | undefined {
  if (validation === undefined && address === undefined) return undefined;
  // It is given once only: a client's socket has none when it is asked again.
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return "the peer sent no certificate";
  if (address !== undefined && certificate.checkIP(address) === undefined)
    return `the peer's certificate is not for ${address} (${certificate.subjectAltName ?? "it has no names"})`;
  if (validation === undefined) return undefined;
  if (validation.trustedCa !== undefined && !validation.acceptUntrusted && !socket.authorized)
    return `the peer's certificate is not trusted (${socket.authorizationError})`;
  if (!matchesPin(certificate, validation)) return "the peer's certificate is not one of those that are pinned";
  const { subjectAltNames } = validation;
  if (subjectAltNames.length > 0 && !matchesSubjectAltName(certificate, subjectAltNames))
    return `none of the names of the peer's certificate is wanted (${certificate.subjectAltName ?? "it has none"})`;
  return undefined;
}

function matchesPin(
  certificate: X509Certificate,
  { certificateHashes, certificateSpkis }: CertificateValidation,
): boolean {
  if (certificateHashes.length === 0 && certificateSpkis.length === 0) return true;
  const hash = createHash("sha256").update(certificate.raw).digest("hex");
  const key = certificate.publicKey.export({ type: "spki", format: "der" });
  return (
    certificateHashes.includes(hash) || certificateSpkis.includes(createHash("sha256").update(key).digest("base64"))
  );
}

function matchesSubjectAltName(certificate: X509Certificate, wanted: readonly SubjectAltNameMatcher[]): boolean {
  const names = parseSubjectAltName(certificate.subjectAltName ?? "");
  return names.some((name) =>
    wanted.some(({ type, matcher }) => (type === "any" || type === name.type) && matchesName(name, matcher)),
  );
}

export interface SubjectAltName {
  readonly type: "DNS" | "URI" | "EMAIL" | "IP_ADDRESS";
  readonly value: string;
}

const TYPES: Record<string, SubjectAltName["type"]> = {
  DNS: "DNS",
  URI: "URI",
  email: "EMAIL",
  "IP Address": "IP_ADDRESS",
};

/** Reads Node's form of the extension: `DNS:a.example, IP Address:10.0.0.1, URI:"quoted, as JSON"`. Other types are left out. */
export function parseSubjectAltName(text: string): SubjectAltName[] {
  return [...text.matchAll(/([A-Za-z ]+?):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/g)].flatMap(([, label, raw]) => {
    const type = TYPES[label!];
    if (type === undefined) return [];
    return [{ type, value: raw!.startsWith('"') ? (JSON.parse(raw!) as string) : raw! }];
  });
}

function matchesName({ type, value }: SubjectAltName, matcher: StringMatcher): boolean {
  if (type === "DNS" && matcher.kind === "exact" && value.startsWith("*."))
    return matcher.value.slice(matcher.value.indexOf(".")).toLowerCase() === value.slice(1).toLowerCase();
  return compileStringMatcher(matcher)(value);
}
