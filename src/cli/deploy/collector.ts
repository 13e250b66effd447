import { type Command, InvalidArgumentError, Option } from "commander";
import { stringify } from "yaml";
import { readClickHouseAddress } from "../../collector/store/clickhouse/clickhouse-address.ts";
import { TaplineError } from "../../model/index.ts";
import { Cluster } from "../../sink/kubernetes/cluster.ts";
import { buildCollector, buildSecret } from "../../sink/kubernetes/collector/collector-objects.ts";
import type { CollectorDeployment } from "../../sink/kubernetes/collector/collector-options.ts";
import { writeComposeFile } from "../../sink/kubernetes/collector/compose-file.ts";
import { deployCollector, removeCollector } from "../../sink/kubernetes/collector/deploy-collector.ts";
import { parseSize } from "../flags/option-values.ts";
import { type ClusterFlags, defineClusterFlags } from "./cluster-flags.ts";
import { checkNamespace, parseCpu, parseMebibytes, parseObjectName } from "./deploy-values.ts";

interface DeployCollectorFlags extends ClusterFlags {
  namespace: string;
  name: string;
  image?: string;
  storage: number;
  storageClass?: string;
  keep: string;
  memory: number;
  cpu: string;
  ingestAuth: CollectorDeployment["ingestAuth"];
  store?: string;
  storeSecret?: string;
  replicas: number;
  compose?: true;
  purge?: true;
}

/** `tapline deploy collector`: a collector with a volume into a namespace, or as a Compose file. */
export function define(command: Command): void {
  command
    .summary("put a collector with a volume into a namespace, or write a Compose file")
    .description("Puts a collector with a volume into a namespace, or takes it back; or writes a Compose file.")
    .argument("[namespace]", "where to", "tapline")
    .option("--image <image>", "with tapline in its path: needed, but for --remove")
    .option("--name <name>", "of all objects", parseObjectName, "tapline-collector")
    .option("--storage <size>", "the size of the volume; nine tenths of it are used", parseSize, 20 * 1024 ** 3)
    .option("--storage-class <name>", "of the volume; default the cluster's")
    .option("--keep <time>", "how long exchanges are kept: 12h, 7d", parseKeep, "7d")
    .option("--memory <MiB>", "what the container may take", parseMebibytes, 1024)
    .option("--cpu <quantity>", "what it is sure to have: 500m, 2", parseCpu, "500m")
    .addOption(
      new Option("--ingest-auth <how>", "none: the original filter can send no token")
        .choices(["token", "none"])
        .default("token"),
    )
    .option(
      "--store <address>",
      "keep exchanges in a ClickHouse: clickhouse://[USER@]HOST[:PORT][/DATABASE]",
      parseStore,
    )
    .option("--store-secret <name>", "a Secret whose key password has its password", parseObjectName)
    .option("--replicas <number>", "with --store: so many pods, each with a volume for what waits", parseReplicas, 2)
    .option("--compose", "print a Compose file instead");
  defineClusterFlags(command, {
    dryRun: "print the objects; asks no cluster",
    remove: "take it back; volume and tokens stay",
    purge: "with --remove: those, too",
  });
  command
    .addHelpText(
      "after",
      `
Examples:
  tapline deploy collector monitoring --image registry.example.com/tapline:1.0 --dry-run
  tapline deploy collector monitoring --image registry.example.com/tapline:1.0 --storage 200G --keep 30d
  tapline deploy collector --image registry.example.com/tapline:1.0 --compose > compose.yaml
  tapline deploy collector monitoring --image registry.example.com/tapline:1.0 --store clickhouse://tapline@clickhouse --store-secret clickhouse
  tapline deploy collector monitoring --remove`,
    )
    .action(runDeployCollector);
}

async function runDeployCollector(namespace: string, flags: DeployCollectorFlags): Promise<void> {
  checkNamespace(namespace);
  const { image, name, storage, storageClass, keep, memory, cpu, ingestAuth, store, storeSecret, replicas } = flags;
  if (image === undefined && flags.remove !== true)
    throw new TaplineError("usage", "--image is needed: Tapline is published as none", {
      hint: "build one with tapline in it: npm install -g in node:24-bookworm-slim",
    });
  const options: CollectorDeployment = {
    namespace,
    name,
    image: image ?? "",
    storageBytes: storage,
    storageClass,
    keep,
    memoryMebibytes: memory,
    cpu,
    ingestAuth,
    store: store === undefined ? undefined : { address: store, secret: storeSecret, replicas },
  };
  const tell = (line: string): void => void process.stdout.write(`${line}\n`);
  if (flags.compose === true) return void process.stdout.write(writeComposeFile(options));
  if (flags.dryRun === true) {
    const tokens = { page: "‹random›", ingest: "‹random›" };
    for (const object of [buildSecret(options, tokens), ...buildCollector(options)])
      process.stdout.write(`---\n${stringify(object, { lineWidth: 0 })}`);
    return;
  }
  const cluster = await Cluster.connect(flags);
  const mode = flags.diff === true ? "diff" : "apply";
  const result =
    flags.remove === true
      ? await removeCollector(options, { cluster, mode, tell }, flags.purge === true)
      : await deployCollector(options, { cluster, mode, force: flags.forceConflicts === true, tell });
  if (result.failed) process.exitCode = 1;
  if (mode === "diff" && !result.changed) tell("nothing would change");
  if (mode !== "apply" || flags.remove === true || result.failed) return;
  tell(
    `the page: kubectl port-forward -n ${namespace} service/${name} 9004, http://127.0.0.1:9004/, with the token of`,
  );
  tell(`  kubectl get secret -n ${namespace} ${name} -o jsonpath='{.data.token}' | base64 -d`);
}

function parseStore(text: string): string {
  if (readClickHouseAddress(text, "").password === "") return text;
  throw new TaplineError("usage", "--store: its password would stand in the arguments of the pod", {
    hint: "put it into a Secret, and name that with --store-secret",
  });
}

function parseReplicas(text: string): number {
  if (/^[1-9]\d?$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Expected a number from 1 to 99.");
}

function parseKeep(text: string): string {
  if (/^[1-9]\d{0,5}[mhd]$/.test(text)) return text;
  throw new InvalidArgumentError("Expected a time, such as 12h or 7d.");
}
