import { type IpEndpoint, TaplineError } from "../../model/index.ts";
import type { ListenerTls } from "../../source/listener-tls.ts";
import { isLoopback } from "../../source/loopback.ts";
import { readWholeFile } from "../../source/whole-file.ts";

export interface IngestAccessFlags {
  ingest: IpEndpoint;
  grpc: IpEndpoint;
  ingestAuth?: string;
  ingestToken?: string;
  tlsCert?: string;
  tlsKey?: string;
  tlsCa?: string;
}

/** Who may send, and how. */
export interface IngestAccess {
  readonly token: string | undefined;
  readonly tls: ListenerTls | undefined;
}

/** @throws TaplineError (`usage`) where anybody on the network could send, and it was not written out that they may */
export function readIngestAccess(flags: IngestAccessFlags): IngestAccess {
  const { ingest, grpc, ingestToken = process.env["TAPLINE_INGEST_TOKEN"], tlsCa } = flags;
  const open = [ingest, grpc].find(({ address }) => !isLoopback(address) && address !== "localhost");
  const how = flags.ingestAuth ?? (ingestToken ? "token" : tlsCa !== undefined ? "mtls" : undefined);
  if (how === "token" && !ingestToken)
    throw new TaplineError("usage", "--ingest-auth token needs one", {
      hint: "--ingest-token, or TAPLINE_INGEST_TOKEN",
    });
  if (how === "mtls" && tlsCa === undefined)
    throw new TaplineError("usage", "--ingest-auth mtls needs --tls-cert, --tls-key and --tls-ca");
  if (open !== undefined && how === undefined)
    throw new TaplineError("usage", `${open.address} can be reached from other machines: say who may send`, {
      hint: "--ingest-token TOKEN, --tls-ca FILE, or --ingest-auth none (the original wasm filter can send no token)",
    });
  return { token: how === "token" ? ingestToken : undefined, tls: readTls(flags) };
}

function readTls({ tlsCert, tlsKey, tlsCa }: IngestAccessFlags): ListenerTls | undefined {
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw new TaplineError("usage", "--tls-cert and --tls-key go together");
  if (tlsCa !== undefined && tlsCert === undefined)
    throw new TaplineError("usage", "--tls-ca needs --tls-cert and --tls-key");
  if (tlsCert === undefined || tlsKey === undefined) return undefined;
  return {
    certificate: readWholeFile(tlsCert),
    key: readWholeFile(tlsKey),
    ...(tlsCa !== undefined && { clientAuthority: readWholeFile(tlsCa) }),
  };
}
