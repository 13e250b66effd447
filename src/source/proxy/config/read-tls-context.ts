import {
  type DocumentNode,
  MessageReader,
  type MessageShape,
  readString,
  refuse,
} from "../../../wire/config-document/index.ts";
import type {
  AddressRange,
  CommonTlsConfig,
  DownstreamTlsConfig,
  KeyLogConfig,
  TlsCertificate,
  TlsVersion,
  UpstreamTlsConfig,
} from "../../dial/tls-config.ts";
import { canonicalIpAddress } from "./read-address.ts";
import { readCertificateValidation } from "./read-certificate-validation.ts";
import type { ReadContext } from "./read-context.ts";
import { readDataSource } from "./read-data-source.ts";

const NO_SDS = "there is no control plane: give the certificates themselves, by file or inline";

const DOWNSTREAM_TLS = {
  name: "DownstreamTlsContext",
  fields: ["common_tls_context", "require_client_certificate"],
  unsupported: {
    require_sni: "",
    session_ticket_keys: "",
    session_ticket_keys_sds_secret_config: NO_SDS,
    disable_stateless_session_resumption: "",
    disable_stateful_session_resumption: "",
    session_timeout: "",
    ocsp_staple_policy: "",
    full_scan_certs_on_sni_mismatch: "",
    prefer_client_ciphers: "",
  },
} as const satisfies MessageShape<string>;

const UPSTREAM_TLS = {
  name: "UpstreamTlsContext",
  fields: ["common_tls_context", "sni"],
  // There is no renegotiation, with or without leave.
  unsupported: {
    allow_renegotiation: "",
    auto_host_sni: "use sni",
    auto_sni_san_validation: "use match_typed_subject_alt_names",
    max_session_keys: "",
    enforce_rsa_key_usage: "",
  },
} as const satisfies MessageShape<string>;

const COMMON_TLS = {
  name: "CommonTlsContext",
  fields: ["tls_params", "tls_certificates", "validation_context", "alpn_protocols", "key_log"],
  unsupported: {
    tls_certificate_sds_secret_configs: NO_SDS,
    tls_certificate_provider_instance: NO_SDS,
    tls_certificate_certificate_provider: NO_SDS,
    tls_certificate_certificate_provider_instance: NO_SDS,
    validation_context_sds_secret_config: NO_SDS,
    validation_context_certificate_provider: NO_SDS,
    validation_context_certificate_provider_instance: NO_SDS,
    combined_validation_context: "use validation_context",
    custom_handshaker: "",
    custom_tls_certificate_selector: "",
  },
} as const satisfies MessageShape<string>;

const TLS_PARAMETERS = {
  name: "TlsParameters",
  fields: ["tls_minimum_protocol_version", "tls_maximum_protocol_version", "cipher_suites", "ecdh_curves"],
  unsupported: { signature_algorithms: "", compliance_policies: "" },
} as const satisfies MessageShape<string>;

const TLS_CERTIFICATE = {
  name: "TlsCertificate",
  fields: ["certificate_chain", "private_key", "password"],
  unsupported: {
    pkcs12: "use certificate_chain and private_key",
    watched_directory: "send SIGHUP when files have changed",
    private_key_provider: "use private_key",
    ocsp_staple: "",
    signed_certificate_timestamp: "",
  },
} as const satisfies MessageShape<string>;

const KEY_LOG = {
  name: "TlsKeyLog",
  fields: ["path", "local_address_range", "remote_address_range"],
} as const satisfies MessageShape<string>;

const CIDR_RANGE = {
  name: "CidrRange",
  fields: ["address_prefix", "prefix_len"],
} as const satisfies MessageShape<string>;

const VERSIONS = { 0: "TLS_AUTO", 1: "TLSV1_0", 2: "TLSV1_1", 3: "TLSV1_2", 4: "TLSV1_3" } as const;
const VERSION_NAMES = { TLSV1_0: "TLSv1", TLSV1_1: "TLSv1.1", TLSV1_2: "TLSv1.2", TLSV1_3: "TLSv1.3" } as const;
const VERSION_ORDER: readonly TlsVersion[] = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"];

/** Reads `DownstreamTlsContext` of v2 or v3. Throws TaplineError (`configuration`). */
export function readDownstreamTls(node: DocumentNode, context: ReadContext): DownstreamTlsConfig {
  const message = new MessageReader(node, DOWNSTREAM_TLS);
  const common = readCommonTls(message, context);
  if (common.certificates.length === 0)
    refuse(node.place, "No TLS certificates found for server context", "add common_tls_context: {tls_certificates: …}");
  const requireClientCertificate = message.bool("require_client_certificate");
  if (requireClientCertificate && common.validation === undefined)
    context.warn(
      message.placeOf("require_client_certificate"),
      "client certificates are required and not verified: there is no validation_context",
    );
  return { side: "downstream", ...common, requireClientCertificate };
}

/** Reads `UpstreamTlsContext` of v2 or v3. Throws TaplineError (`configuration`). */
export function readUpstreamTls(node: DocumentNode, context: ReadContext): UpstreamTlsConfig {
  const message = new MessageReader(node, UPSTREAM_TLS);
  const common = readCommonTls(message, context);
  if (common.certificates.length > 1)
    refuse(node.place, "Multiple TLS certificates are not supported for client contexts", "give one");
  const sni = message.string("sni") ?? "";
  if (sni.length > 255) refuse(message.placeOf("sni"), "sni: value length must be at most 255 bytes");
  return { side: "upstream", ...common, ...(sni === "" ? {} : { sni }) };
}

type WithCertificates = CommonTlsConfig & { readonly certificates: readonly TlsCertificate[] };

function readCommonTls(
  outer: MessageReader<"common_tls_context" | "require_client_certificate" | "sni">,
  context: ReadContext,
): WithCertificates {
  const empty: DocumentNode = { kind: "mapping", entries: [], place: outer.place };
  const message = new MessageReader(outer.node("common_tls_context") ?? empty, COMMON_TLS);
  const validation = message.node("validation_context");
  const keyLog = message.node("key_log");
  return {
    ...readParameters(message.node("tls_params") ?? empty),
    certificates: message.list("tls_certificates").map((node) => readCertificate(node, context)),
    alpnProtocols: message.list("alpn_protocols").map(readAlpnProtocol),
    ...(validation === undefined ? {} : { validation: readCertificateValidation(validation, context) }),
    ...(keyLog === undefined ? {} : { keyLog: readKeyLog(keyLog) }),
    place: outer.place,
  };
}

function readParameters(
  node: DocumentNode,
): Pick<CommonTlsConfig, "minimumVersion" | "maximumVersion" | "cipherSuites" | "ecdhCurves"> {
  const message = new MessageReader(node, TLS_PARAMETERS);
  const version = (field: "tls_minimum_protocol_version" | "tls_maximum_protocol_version"): TlsVersion | undefined => {
    const name = message.enumeration(field, VERSIONS) ?? "TLS_AUTO";
    return name === "TLS_AUTO" ? undefined : VERSION_NAMES[name];
  };
  const minimumVersion = version("tls_minimum_protocol_version") ?? "TLSv1.2";
  const maximumVersion = version("tls_maximum_protocol_version") ?? "TLSv1.3";
  if (VERSION_ORDER.indexOf(minimumVersion) > VERSION_ORDER.indexOf(maximumVersion))
    refuse(
      node.place,
      `tls_params: the minimum version ${minimumVersion} is above the maximum ${maximumVersion}`,
      "without tls_minimum_protocol_version it is TLSv1.2, without tls_maximum_protocol_version TLSv1.3",
    );
  const cipherSuites = message.list("cipher_suites").flatMap(readCipherSuites);
  const ecdhCurves = message.list("ecdh_curves").map((item) => readString(item, "ecdh_curves"));
  return {
    minimumVersion,
    maximumVersion,
    ...(cipherSuites.length === 0 ? {} : { cipherSuites }),
    ...(ecdhCurves.length === 0 ? {} : { ecdhCurves }),
  };
}

/** BoringSSL's groups of equal preference (`[A|B]`) are given one after the other. */
function readCipherSuites(node: DocumentNode): string[] {
  const text = readString(node, "cipher_suites");
  const names = text.replace(/^\[(.*)\]$/, "$1").split("|");
  if (!names.every((name) => /^[A-Za-z0-9_+!-]+$/.test(name)))
    refuse(node.place, `cipher_suites: ${JSON.stringify(text)} is not the name of a cipher suite`);
  return names;
}

function readAlpnProtocol(node: DocumentNode): string {
  const name = readString(node, "alpn_protocols");
  const length = new TextEncoder().encode(name).length;
  if (length === 0 || length > 255) refuse(node.place, "alpn_protocols: a name has 1 to 255 bytes");
  return name;
}

function readCertificate(node: DocumentNode, context: ReadContext): TlsCertificate {
  const message = new MessageReader(node, TLS_CERTIFICATE);
  const password = message.node("password");
  return {
    chain: readDataSource(message.requiredNode("certificate_chain"), context),
    privateKey: readDataSource(message.requiredNode("private_key"), context),
    ...(password === undefined ? {} : { password: readDataSource(password, context) }),
    place: node.place,
  };
}

function readKeyLog(node: DocumentNode): KeyLogConfig {
  const message = new MessageReader(node, KEY_LOG);
  return {
    path: message.requiredString("path"),
    localAddressRanges: message.list("local_address_range").map(readAddressRange),
    remoteAddressRanges: message.list("remote_address_range").map(readAddressRange),
  };
}

function readAddressRange(node: DocumentNode): AddressRange {
  const message = new MessageReader(node, CIDR_RANGE);
  const text = message.requiredString("address_prefix");
  const address = canonicalIpAddress(text);
  if (address === undefined) refuse(message.placeOf("address_prefix"), `malformed IP address: ${text}`);
  const most = address.includes(":") ? 128n : 32n;
  return { address, prefixLength: Number(message.integer("prefix_len", { most }) ?? 0n) };
}
