import type { MessageShape } from "../../../../wire/config-document/index.ts";
import { SESSIONS } from "./reasons.ts";

const NO_PROVIDER = "give the certificates by file, inline, or as secrets of static_resources";
const RELOAD = "send SIGHUP when files have changed";

export const DOWNSTREAM_TLS = {
  name: "DownstreamTlsContext",
  fields: ["common_tls_context", "require_client_certificate", "require_sni", "ocsp_staple_policy"],
  withoutEffect: {
    session_ticket_keys: [SESSIONS, { keys: [{ inline_string: "k" }] }],
    session_ticket_keys_sds_secret_config: [SESSIONS, { name: "tickets" }],
    disable_stateless_session_resumption: [SESSIONS, true],
    disable_stateful_session_resumption: [SESSIONS, true],
    session_timeout: [SESSIONS, "60s"],
    full_scan_certs_on_sni_mismatch: ["which of several certificates of a kind is shown: OpenSSL shows the last", true],
    prefer_client_ciphers: ["which cipher suite is taken of those that both have", true],
  },
} as const satisfies MessageShape<string>;

export const UPSTREAM_TLS = {
  name: "UpstreamTlsContext",
  fields: ["common_tls_context", "sni"],
  withoutEffect: {
    allow_renegotiation: ["renegotiation, which OpenSSL leaves to the server", true],
    max_session_keys: [SESSIONS, 2],
  },
  unsupported: {
    auto_host_sni: "use sni",
    auto_sni_san_validation: "use match_typed_subject_alt_names",
    enforce_rsa_key_usage: "leave it out",
  },
} as const satisfies MessageShape<string>;

export const COMMON_TLS = {
  name: "CommonTlsContext",
  fields: [
    "tls_params",
    "tls_certificates",
    "tls_certificate_sds_secret_configs",
    "validation_context",
    "validation_context_sds_secret_config",
    "combined_validation_context",
    "alpn_protocols",
    "key_log",
  ],
  unsupported: {
    tls_certificate_provider_instance: NO_PROVIDER,
    tls_certificate_certificate_provider: NO_PROVIDER,
    tls_certificate_certificate_provider_instance: NO_PROVIDER,
    validation_context_certificate_provider: NO_PROVIDER,
    validation_context_certificate_provider_instance: NO_PROVIDER,
    custom_handshaker: "OpenSSL does the handshakes: leave it out",
    custom_tls_certificate_selector: "use a filter chain for each name",
  },
} as const satisfies MessageShape<string>;

export const COMBINED_VALIDATION = {
  name: "CombinedCertificateValidationContext",
  fields: ["default_validation_context", "validation_context_sds_secret_config"],
  unsupported: {
    validation_context_certificate_provider: NO_PROVIDER,
    validation_context_certificate_provider_instance: NO_PROVIDER,
  },
} as const satisfies MessageShape<string>;

export const SDS_SECRET = {
  name: "SdsSecretConfig",
  fields: ["name"],
  unsupported: { sds_config: "there is no control plane: put the secret under static_resources.secrets, and name it" },
} as const satisfies MessageShape<string>;

export const SECRET = {
  name: "Secret",
  fields: ["name", "tls_certificate", "validation_context", "session_ticket_keys", "generic_secret"],
} as const satisfies MessageShape<string>;

export const TLS_PARAMETERS = {
  name: "TlsParameters",
  fields: ["tls_minimum_protocol_version", "tls_maximum_protocol_version", "cipher_suites", "ecdh_curves"],
  unsupported: {
    signature_algorithms: "OpenSSL's are used: leave it out",
    compliance_policies: "give tls_minimum_protocol_version, cipher_suites and ecdh_curves that comply",
  },
} as const satisfies MessageShape<string>;

export const TLS_CERTIFICATE = {
  name: "TlsCertificate",
  fields: ["certificate_chain", "private_key", "password"],
  withoutEffect: {
    signed_certificate_timestamp: ["Envoy has not implemented it", [{ inline_string: "x" }]],
  },
  unsupported: {
    watched_directory: RELOAD,
    pkcs12: "use certificate_chain and private_key",
    private_key_provider: "use private_key",
    ocsp_staple: "responses of OCSP are not stapled: leave it out",
  },
} as const satisfies MessageShape<string>;

export const VALIDATION_CONTEXT = {
  name: "CertificateValidationContext",
  fields: [
    "trusted_ca",
    "crl",
    "verify_certificate_hash",
    "verify_certificate_spki",
    "verify_subject_alt_name",
    "match_subject_alt_names",
    "match_typed_subject_alt_names",
    "trust_chain_verification",
  ],
  unsupported: {
    watched_directory: RELOAD,
    ca_certificate_provider_instance: "use trusted_ca",
    system_root_certs: "name the system's file in trusted_ca, such as /etc/ssl/certs/ca-certificates.crt",
    require_ocsp_staple: "OCSP is not asked for: leave it out",
    require_signed_certificate_timestamp: "Envoy has not implemented it: leave it out",
    allow_expired_certificate: "give the certificate's hash in verify_certificate_hash",
    custom_validator_config: "use the fields of the context",
    only_verify_leaf_cert_crl: "all certificates of the chain are held against crl",
    max_verify_depth: "leave it out",
    auto_sni_san_match: "use match_typed_subject_alt_names",
  },
} as const satisfies MessageShape<string>;

export const DATA_SOURCE = {
  name: "DataSource",
  fields: ["filename", "inline_bytes", "inline_string", "environment_variable"],
  unsupported: { watched_directory: RELOAD },
} as const satisfies MessageShape<string>;
