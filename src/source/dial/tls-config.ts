import type { IpEndpoint, Place } from "../../model/index.ts";
import type { StringMatcher } from "../../tap/config/match-predicate.ts";

/** `DownstreamTlsContext`: TLS towards who connected to us; we are the server. */
export interface DownstreamTlsConfig extends CommonTlsConfig {
  readonly side: "downstream";
  /** At least one. */
  readonly certificates: readonly TlsCertificate[];
  /**
   * A client without a certificate is refused; default false. A certificate is asked for when this or `validation` is there, and
   * one that is sent must pass `validation`.
   */
  readonly requireClientCertificate: boolean;
  /** A client that names no server (SNI) is refused. */
  readonly requireServerName?: true;
}

/** `UpstreamTlsContext`: TLS towards where we connect to; we are the client. */
export interface UpstreamTlsConfig extends CommonTlsConfig {
  readonly side: "upstream";
  /** Empty, or the one that is sent when the server asks. */
  readonly certificates: readonly TlsCertificate[];
  /** The server name that is sent; absent sends none. */
  readonly sni?: string;
}

/** `CommonTlsContext`. */
export interface CommonTlsConfig {
  readonly minimumVersion: TlsVersion;
  readonly maximumVersion: TlsVersion;
  /** OpenSSL's names, joined as OpenSSL wants them (`ECDHE-RSA-AES128-GCM-SHA256:…`); of TLS 1.2 only; absent is Node's default. */
  readonly cipherSuites?: readonly string[];
  /** `P-256`, `X25519`, …; absent is Node's default. */
  readonly ecdhCurves?: readonly string[];
  /** Most wanted first; empty offers none. */
  readonly alpnProtocols: readonly string[];
  /** Absent: whatever certificate the peer has is taken (Envoy's behaviour). */
  readonly validation?: CertificateValidation;
  readonly keyLog?: KeyLogConfig;
  readonly place: Place;
}

export type TlsVersion = "TLSv1" | "TLSv1.1" | "TLSv1.2" | "TLSv1.3";

/** PEM. */
export interface TlsCertificate {
  readonly chain: DataSource;
  readonly privateKey: DataSource;
  readonly password?: DataSource;
  readonly place: Place;
}

/** The bytes of a file, of an environment variable, or that stood in the configuration itself. */
export interface DataSource {
  readonly bytes: Uint8Array;
  /** The file that they are from: absent for inline ones. */
  readonly path?: string;
  readonly place: Place;
}

/** `CertificateValidationContext`. Everything that is given must hold. */
export interface CertificateValidation {
  /** PEM. The chain must end in one of these; absent: the chain is not verified. */
  readonly trustedCa?: DataSource;
  /** PEM. */
  readonly crl?: DataSource;
  /** SHA-256 of the certificate's DER, in lower-case hex without colons; one of them must be it. Empty: not asked for. */
  readonly certificateHashes: readonly string[];
  /** SHA-256 of the certificate's SubjectPublicKeyInfo DER, in base64; one of them must be it. Empty: not asked for. */
  readonly certificateSpkis: readonly string[];
  /** One of them must match one of the certificate's subject alternative names. Empty: the name is not checked. */
  readonly subjectAltNames: readonly SubjectAltNameMatcher[];
  /** `trust_chain_verification: ACCEPT_UNTRUSTED`: a certificate that fails is taken all the same. */
  readonly acceptUntrusted: boolean;
}

export interface SubjectAltNameMatcher {
  /** `any` for the untyped forms of v2 and early v3. */
  readonly type: "any" | "DNS" | "URI" | "EMAIL" | "IP_ADDRESS";
  readonly matcher: StringMatcher;
}

/** `TlsKeyLog`: the session keys of matching connections are appended to a file in NSS key log format. */
export interface KeyLogConfig {
  readonly path: string;
  /** Only connections whose local address is in one of these; empty is all. */
  readonly localAddressRanges: readonly AddressRange[];
  readonly remoteAddressRanges: readonly AddressRange[];
}

export interface AddressRange {
  readonly address: IpEndpoint["address"];
  readonly prefixLength: number;
}
