import { readStringMatcher } from "../../../../tap/config/read-header-matcher.ts";
import {
  type DocumentNode,
  MessageReader,
  type MessageShape,
  readString,
  refuse,
} from "../../../../wire/config-document/index.ts";
import type { CertificateValidation, SubjectAltNameMatcher } from "../../../dial/tls-config.ts";
import { VALIDATION_CONTEXT } from "../fields/tls-fields.ts";
import type { ReadContext } from "../read-context.ts";
import { readDataSource } from "./read-data-source.ts";

const TYPED_NAME_MATCHER = {
  name: "SubjectAltNameMatcher",
  fields: ["san_type", "matcher"],
  unsupported: { oid: "use another san_type" },
} as const satisfies MessageShape<string>;

const NAME_TYPES = { 1: "EMAIL", 2: "DNS", 3: "URI", 4: "IP_ADDRESS" } as const;

/** Reads `CertificateValidationContext` of v2 or v3. Throws TaplineError (`configuration`). */
export function readCertificateValidation(node: DocumentNode, context: ReadContext): CertificateValidation {
  const message = new MessageReader(node, VALIDATION_CONTEXT);
  const trustedCa = message.node("trusted_ca");
  const crl = message.node("crl");
  const subjectAltNames = [
    ...message.list("verify_subject_alt_name").map(readExactName),
    ...message.list("match_subject_alt_names").map(readUntypedName),
    ...message.list("match_typed_subject_alt_names").map(readTypedName),
  ];
  const modes = { 0: "VERIFY_TRUST_CHAIN", 1: "ACCEPT_UNTRUSTED" } as const;
  const acceptUntrusted = message.enumeration("trust_chain_verification", modes) === "ACCEPT_UNTRUSTED";
  if (trustedCa === undefined && (crl !== undefined || subjectAltNames.length > 0))
    refuse(
      node.place,
      crl !== undefined
        ? "Failed to load CRL: there is no trusted_ca that it could belong to"
        : "SAN-based verification of peer certificates without trusted CA is insecure and not allowed",
      "add trusted_ca",
    );
  return {
    ...(trustedCa === undefined ? {} : { trustedCa: readDataSource(trustedCa, context) }),
    ...(crl === undefined ? {} : { crl: readDataSource(crl, context) }),
    certificateHashes: message.list("verify_certificate_hash").map(readHash),
    certificateSpkis: message.list("verify_certificate_spki").map(readSpki),
    subjectAltNames,
    acceptUntrusted,
  };
}

function readHash(node: DocumentNode): string {
  const hash = readString(node, "verify_certificate_hash").replaceAll(":", "").toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(hash))
    refuse(node.place, "verify_certificate_hash: expected a SHA-256 in hex, with or without colons");
  return hash;
}

function readSpki(node: DocumentNode): string {
  const hash = readString(node, "verify_certificate_spki");
  if (!/^[A-Za-z0-9+/]{43}=$/.test(hash))
    refuse(node.place, "verify_certificate_spki: expected a SHA-256 in base64 (44 characters)");
  return hash;
}

function readExactName(node: DocumentNode): SubjectAltNameMatcher {
  const value = readString(node, "verify_subject_alt_name");
  return { type: "any", matcher: { kind: "exact", value, ignoreCase: false } };
}

function readUntypedName(node: DocumentNode): SubjectAltNameMatcher {
  return { type: "any", matcher: readStringMatcher(node) };
}

function readTypedName(node: DocumentNode): SubjectAltNameMatcher {
  const message = new MessageReader(node, TYPED_NAME_MATCHER);
  const type = message.enumeration("san_type", NAME_TYPES);
  if (type === undefined) refuse(node.place, "SubjectAltNameMatcher: san_type is missing");
  return { type, matcher: readStringMatcher(message.requiredNode("matcher")) };
}
