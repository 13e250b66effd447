import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** Paths of what `createCertificates` made: an authority, and a server's and a client's certificate signed by it. */
export interface Certificates {
  readonly authority: string;
  readonly server: { readonly certificate: string; readonly key: string };
  readonly client: { readonly certificate: string; readonly key: string };
}

/**
 * Makes a throw-away authority and two certificates in `folder` with the openssl program (P-256, valid for one day; the
 * server's for localhost, *.example.com and 127.0.0.1).
 */
export function createCertificates(folder: string): Certificates {
  const path = (name: string) => join(folder, name);
  const openssl = (...args: string[]) =>
    execFileSync("openssl", args, { stdio: ["ignore", "pipe", "pipe"], cwd: folder });
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl(
    "req",
    "-x509",
    ...newKey,
    "-days",
    "1",
    "-subj",
    "/CN=Test authority",
    "-keyout",
    "ca.key",
    "-out",
    "ca.pem",
  );
  for (const [name, extensions] of [
    ["server", "subjectAltName=DNS:localhost,DNS:*.example.com,IP:127.0.0.1"],
    ["client", "subjectAltName=DNS:client.example.com"],
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
  return { authority: path("ca.pem"), server: pair("server"), client: pair("client") };
}
