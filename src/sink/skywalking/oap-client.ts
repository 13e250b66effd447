import { X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import { type Client, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { TaplineError } from "../../model/index.ts";
import { readWholeFile } from "../../source/whole-file.ts";
import { EBPFAccessLogService } from "../../wire/skywalking/gen/skywalking/v3/access_log_pb.js";
import { EBPFProcessService } from "../../wire/skywalking/gen/skywalking/v3/process_pb.js";

export interface OapBackend {
  /** `host:port` */
  readonly address: string;
  readonly tls: boolean;
  /** Paths of PEM files; empty: none. Both of the first two make mTLS. */
  readonly certificate: string;
  readonly key: string;
  /** Empty: the system's. */
  readonly authority: string;
  readonly skipsVerification: boolean;
  /** Metadata of every call; empty: none. */
  readonly authentication: string;
}

export interface OapClient {
  readonly logs: Client<typeof EBPFAccessLogService>;
  readonly processes: Client<typeof EBPFProcessService>;
  readonly headers: Readonly<Record<string, string>>;
}

/** @throws TaplineError (`input`, `configuration`) for files that cannot be read or are no certificates and keys */
export function createOapClient(backend: OapBackend): OapClient {
  const { address, tls, authentication } = backend;
  const transport = createGrpcTransport({
    baseUrl: `${tls ? "https" : "http"}://${address}`,
    ...(tls && { nodeOptions: tlsOptions(backend) }),
  });
  return {
    logs: createClient(EBPFAccessLogService, transport),
    processes: createClient(EBPFProcessService, transport),
    headers: authentication === "" ? {} : { authentication },
  };
}

function tlsOptions({ certificate, key, authority, skipsVerification }: OapBackend) {
  const files = {
    ...(authority !== "" && { ca: readPem(authority) }),
    ...(certificate !== "" && key !== "" && { cert: readPem(certificate), key: readPem(key) }),
  };
  try {
    createSecureContext(files);
    // An authority that is none is passed over there.
    if (files.ca !== undefined) new X509Certificate(files.ca);
  } catch (error) {
    // OpenSSL names neither the file nor what it should be.
    throw new TaplineError("configuration", `TLS of the backend: ${(error as Error).message}`, {
      hint: `of ${[authority, certificate, key].filter((one) => one !== "").join(", ")}: expected PEM, and a key that fits its certificate`,
    });
  }
  return { ...files, ...(skipsVerification && { rejectUnauthorized: false }) };
}

function readPem(path: string): Buffer {
  const bytes = readWholeFile(path);
  if (bytes.length === 0) throw new TaplineError("configuration", "this file is empty", { place: { file: path } });
  return Buffer.from(bytes);
}
