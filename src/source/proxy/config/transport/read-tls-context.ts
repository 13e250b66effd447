import {
  type DocumentNode,
  MessageReader,
  type MessageShape,
  readString,
  refuse,
} from "../../../../wire/config-document/index.ts";
import type {
  CommonTlsConfig,
  DownstreamTlsConfig,
  KeyLogConfig,
  TlsCertificate,
  TlsVersion,
  UpstreamTlsConfig,
} from "../../../dial/tls-config.ts";
import {
  COMBINED_VALIDATION,
  COMMON_TLS,
  DOWNSTREAM_TLS,
  TLS_CERTIFICATE,
  TLS_PARAMETERS,
  UPSTREAM_TLS,
} from "../fields/tls-fields.ts";
import { readAddressRange } from "../listener/read-address-range.ts";
import type { ReadContext } from "../read-context.ts";
import { readCertificateValidation } from "./read-certificate-validation.ts";
import { readDataSource } from "./read-data-source.ts";
import { findSecret } from "./read-secrets.ts";

const KEY_LOG = {
  name: "TlsKeyLog",
  fields: ["path", "local_address_range", "remote_address_range"],
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
  const staples = message.enumeration("ocsp_staple_policy", STAPLE_POLICIES) ?? "LENIENT_STAPLING";
  if (staples === "MUST_STAPLE")
    refuse(
      message.placeOf("ocsp_staple_policy"),
      "ocsp_staple_policy: MUST_STAPLE is not supported",
      "there are no OCSP responses to staple",
    );
  const requireClientCertificate = message.bool("require_client_certificate");
  if (requireClientCertificate && common.validation === undefined)
    context.warn(
      message.placeOf("require_client_certificate"),
      "client certificates are required and not verified: there is no validation_context",
    );
  const requireServerName = message.bool("require_sni");
  return { side: "downstream", ...common, requireClientCertificate, ...(requireServerName && { requireServerName }) };
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

const STAPLE_POLICIES = { 0: "LENIENT_STAPLING", 1: "STRICT_STAPLING", 2: "MUST_STAPLE" } as const;

type WithCertificates = CommonTlsConfig & { readonly certificates: readonly TlsCertificate[] };

function readCommonTls(outer: MessageReader<"common_tls_context">, context: ReadContext): WithCertificates {
  const empty: DocumentNode = { kind: "mapping", entries: [], place: outer.place };
  const message = new MessageReader(outer.node("common_tls_context") ?? empty, COMMON_TLS);
  const validation = findValidation(message, context);
  const keyLog = message.node("key_log");
  return {
    ...readParameters(message.node("tls_params") ?? empty),
    certificates: [
      ...message.list("tls_certificates"),
      ...message.list("tls_certificate_sds_secret_configs").map((node) => findSecret(node, "tls_certificate", context)),
    ].map((node) => readCertificate(node, context)),
    alpnProtocols: message.list("alpn_protocols").map(readAlpnProtocol),
    ...(validation === undefined ? {} : { validation: readCertificateValidation(validation, context) }),
    ...(keyLog === undefined ? {} : { keyLog: readKeyLog(keyLog) }),
    place: outer.place,
  };
}

/** The context itself, or a secret; with both, what the secret says holds (`Message::MergeFrom`). */
function findValidation(
  message: MessageReader<"validation_context" | "validation_context_sds_secret_config" | "combined_validation_context">,
  context: ReadContext,
): DocumentNode | undefined {
  const form = message.oneOf(
    "validation_context",
    "validation_context_sds_secret_config",
    "combined_validation_context",
  );
  if (form === undefined) return undefined;
  const node = message.requiredNode(form);
  if (form === "validation_context") return node;
  if (form === "validation_context_sds_secret_config") return findSecret(node, "validation_context", context);
  const combined = new MessageReader(node, COMBINED_VALIDATION);
  const usual = combined.requiredNode("default_validation_context");
  const secret = findSecret(
    combined.requiredNode("validation_context_sds_secret_config"),
    "validation_context",
    context,
  );
  return mergeMessages(usual, secret);
}

function mergeMessages(base: DocumentNode, over: DocumentNode): DocumentNode {
  if (base.kind !== "mapping" || over.kind !== "mapping") return over;
  const entries = new Map(base.entries.map((entry) => [entry.key, entry]));
  for (const entry of over.entries) {
    const known = entries.get(entry.key);
    if (known?.value.kind === "sequence" && entry.value.kind === "sequence") {
      const items = [...known.value.items, ...entry.value.items];
      entries.set(entry.key, { ...entry, value: { ...entry.value, items } });
    } else entries.set(entry.key, entry);
  }
  return { ...base, entries: [...entries.values()] };
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
