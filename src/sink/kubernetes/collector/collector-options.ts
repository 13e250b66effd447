/** How a collector is run in a cluster, or by Compose. */
export interface CollectorDeployment {
  readonly namespace: string;
  /** Every object has it. */
  readonly name: string;
  readonly image: string;
  /** The size of the volume: nine tenths of it are used. */
  readonly storageBytes: number;
  readonly storageClass?: string | undefined;
  /** As `--keep` has it. */
  readonly keep: string;
  readonly memoryMebibytes: number;
  readonly cpu: string;
  /** `none`: any pod that reaches it may send; the original filter can send no token. */
  readonly ingestAuth: "token" | "none";
  /** Exchanges are kept in a database; on the volumes is what waits for it. */
  readonly store?: CollectorDatabase | undefined;
}

export interface CollectorDatabase {
  /** As `--store` has it, without a password. */
  readonly address: string;
  /** A Secret of the namespace whose key `password` has the database's. */
  readonly secret?: string | undefined;
  readonly replicas: number;
}

/** Ports of the container and of the service. */
export const PORTS = { page: 9004, ingest: 9000, grpc: 11800 } as const;
/** Keys of the Secret. */
export const SECRET_KEYS = { page: "token", ingest: "ingest-token" } as const;

/** The database's own disk is not known here: `--keep` bounds what is kept. */
const UNBOUNDED = "1000000G";

/** The arguments of the program. */
export function argumentsOf({ storageBytes, keep, ingestAuth, memoryMebibytes, store }: CollectorDeployment): string[] {
  const used = String(Math.floor(storageBytes * 0.9));
  return [
    "collector",
    ...Object.entries(PORTS).flatMap(([name, port]) => [`--${name === "page" ? "listen" : name}`, `0.0.0.0:${port}`]),
    ...["--data", "/data"],
    ...["--keep", keep],
    ...(store === undefined
      ? ["--max-bytes", used]
      : ["--store", store.address, "--max-bytes", UNBOUNDED, "--spill-bytes", used]),
    ...["--memory", `${Math.floor(memoryMebibytes / 2)}M`],
    ...["--ingest-auth", ingestAuth],
  ];
}
