import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** Paths of what `createCertificates` made: an authority, a server's and a client's certificate signed by it, and another one. */
export interface Certificates {
  readonly authority: string;
  readonly server: { readonly certificate: string; readonly key: string };
  readonly client: { readonly certificate: string; readonly key: string };
  /** Signed by nobody but itself. */
  readonly stranger: { readonly certificate: string; readonly key: string };
}

/**
 * Makes a throw-away authority and three certificates in `folder` with the openssl program (P-256, valid for one day; the
 * server's for localhost, *.example.com, 127.0.0.1 and spiffe://example.com/service).
 */
export function createCertificates(folder: string): Certificates {
  const path = (name: string) => join(folder, name);
  const openssl = (...args: string[]) =>
    execFileSync("openssl", args, { stdio: ["ignore", "pipe", "pipe"], cwd: folder });
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const signItself = (name: string, commonName: string) => {
    const files = ["-keyout", `${name}.key`, "-out", `${name}.pem`];
    openssl("req", "-x509", ...newKey, "-days", "1", "-subj", `/CN=${commonName}`, ...files);
  };
  signItself("ca", "Test authority");
  signItself("stranger", "Stranger");
  for (const [name, extensions] of [
    ["server", "subjectAltName=DNS:localhost,DNS:*.example.com,IP:127.0.0.1,URI:spiffe://example.com/service"],
    ["client", "subjectAltName=DNS:client.example.com,URI:spiffe://example.com/client"],
  ] as const) {
    writeFileSync(path(`${name}.ext`), extensions);
    openssl("req", ...newKey, "-subj", `/CN=${name}`, "-keyout", `${name}.key`, "-out", `${name}.csr`);
    openssl(
      "x509",
      "-req",
      "-in",
      `${name}.csr`,
      "-CA",
      "ca.pem",
      "-CAkey",
      "ca.key",
      "-CAcreateserial",
      "-days",
      "1",
      "-extfile",
      `${name}.ext`,
      "-out",
      `${name}.pem`,
    );
  }
  const pair = (name: string) => ({ certificate: path(`${name}.pem`), key: path(`${name}.key`) });
  return { authority: path("ca.pem"), server: pair("server"), client: pair("client"), stranger: pair("stranger") };
}
