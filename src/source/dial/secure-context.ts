import { createHash } from "node:crypto";
import { createSecureContext, type SecureContext, type SecureContextOptions } from "node:tls";
import { TaplineError } from "../../model/index.ts";
import { fingerprint } from "./fingerprint.ts";
import type { CommonTlsConfig, TlsCertificate } from "./tls-config.ts";

/**
 * OpenSSL's context for one side's TLS configuration: certificates, CA, versions, ciphers. It is made once and shared by all
 * connections, so that session tickets work.
 *
 * @throws TaplineError `configuration` when OpenSSL does not take a certificate, key, CRL, cipher or curve
 */
export function makeSecureContext(
  config: CommonTlsConfig & { certificates: readonly TlsCertificate[] },
): SecureContext {
  const { certificates, validation } = config;
  const options: SecureContextOptions = {
    minVersion: config.minimumVersion,
    maxVersion: config.maximumVersion,
    // Without one, OpenSSL ends handshakes that resume a session where clients show certificates. It has 32 bytes at most.
    sessionIdContext: createHash("sha256").update(fingerprint(config)).digest("hex").slice(0, 32),
  };
  if (certificates.length > 0) {
    options.cert = certificates.map(({ chain }) => Buffer.from(chain.bytes));
    options.key = certificates.map(({ privateKey, password }) => {
      const pem = Buffer.from(privateKey.bytes);
      if (password === undefined) return { pem };
      return {
        pem,
        passphrase: Buffer.from(password.bytes)
          .toString()
          .replace(/\r?\n$/, ""),
      };
    });
  }
  if (validation?.trustedCa !== undefined) options.ca = Buffer.from(validation.trustedCa.bytes);
  if (validation?.crl !== undefined) options.crl = Buffer.from(validation.crl.bytes);
  if (config.cipherSuites !== undefined) options.ciphers = config.cipherSuites.join(":");
  if (config.ecdhCurves !== undefined) options.ecdhCurve = config.ecdhCurves.join(":");
  try {
    return createSecureContext(options);
  } catch (error) {
    throw new TaplineError("configuration", `the TLS configuration is refused: ${(error as Error).message}`, {
      place: config.place,
      hint: "check that the private key belongs to the certificate, that both are PEM, and the names of ciphers and curves",
      cause: error,
    });
  }
}
