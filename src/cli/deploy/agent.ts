import { type Command, InvalidArgumentError } from "commander";
import { stringify } from "yaml";
import { TaplineError } from "../../model/index.ts";
import { buildAgent, buildDeployerRoles } from "../../sink/kubernetes/agent/agent-objects.ts";
import { type AgentDeployment, writeConfiguration } from "../../sink/kubernetes/agent/agent-options.ts";
import { deployAgent, removeAgent } from "../../sink/kubernetes/agent/deploy-agent.ts";
import { writeSystemdUnit } from "../../sink/kubernetes/agent/systemd-unit.ts";
import { Cluster } from "../../sink/kubernetes/cluster.ts";
import { readRoverConfig } from "../../source/ebpf/rover/rover-config.ts";
import { readWholeFile } from "../../source/whole-file.ts";
import { type ClusterFlags, defineClusterFlags } from "./cluster-flags.ts";
import { checkNamespace, parseCpu, parseMebibytes, parseObjectName } from "./deploy-values.ts";

interface DeployAgentFlags extends ClusterFlags {
  name: string;
  image?: string;
  backend?: string;
  cluster: string;
  namespaces: string[];
  config?: string;
  authenticationSecret?: string;
  nodeSelector: Record<string, string>;
  memory: number;
  cpu: string;
  systemd?: true;
  program: string;
}

/** `tapline deploy agent`: an agent on each node of a cluster, or as a unit of systemd. */
export function define(command: Command): void {
  command
    .summary("put an agent onto each node of a cluster, or write a unit of systemd")
    .description(
      "Puts an agent that reports access logs onto each node of a cluster, or takes it back; or writes a unit of systemd.",
    )
    .argument("[namespace]", "where to", "tapline")
    .option("--image <image>", "with tapline, koffi and libbpf1 in it: needed, but for --remove")
    .option("--backend <address>", "the OAP that is reported to: HOST:PORT")
    .option("--cluster <name>", "goes before the services' names", "")
    .option("--namespaces <names>", "watch pods of these only: shop,cart", parseNames, [])
    .option("--config <file>", "a configuration of Rover's instead of these three (docs/rover.md)")
    .option("--authentication-secret <name>", "a Secret whose key authentication the backend wants", parseObjectName)
    .option("--node-selector <label=value>", "only nodes with this label; may be repeated", parseLabel, {})
    .option("--name <name>", "of all objects", parseObjectName, "tapline-agent")
    .option("--memory <MiB>", "what the container may take", parseMebibytes, 512)
    .option("--cpu <quantity>", "what it is sure to have: 500m, 2", parseCpu, "100m")
    .option("--systemd", "print a unit of systemd instead, for a machine by itself")
    .option("--program <path>", "with --systemd: where tapline is", parsePath, "/usr/local/bin/tapline");
  defineClusterFlags(command, {
    dryRun: "print the objects, and the least Roles that are needed; asks no cluster",
    remove: "take it back",
  });
  command
    .addHelpText(
      "after",
      `
Examples:
  tapline deploy agent watch --image registry.example.com/tapline:1.0 --backend oap.watch:11800 --dry-run
  tapline deploy agent watch --image registry.example.com/tapline:1.0 --backend oap.watch:11800
  tapline deploy agent watch --image registry.example.com/tapline:1.0 --config rover.yaml --diff
  tapline deploy agent watch --remove
  tapline deploy agent --systemd > /etc/systemd/system/tapline-agent.service`,
    )
    .action(runDeployAgent);
}

async function runDeployAgent(namespace: string, flags: DeployAgentFlags): Promise<void> {
  const { memory, program } = flags;
  const tell = (line: string): void => void process.stdout.write(`${line}\n`);
  if (flags.systemd === true) {
    process.stdout.write(writeSystemdUnit({ program, memoryMebibytes: memory }));
    return;
  }
  checkNamespace(namespace);
  const options = await readOptions(namespace, flags);
  if (flags.dryRun === true) {
    for (const object of buildAgent(options)) process.stdout.write(`---\n${stringify(object, { lineWidth: 0 })}`);
    tell("# The least that is needed to deploy it, and to take it back:");
    for (const role of buildDeployerRoles(options)) tell(comment(`---\n${stringify(role, { lineWidth: 0 })}`));
    return;
  }
  const cluster = await Cluster.connect(flags);
  const mode = flags.diff === true ? "diff" : "apply";
  const result =
    flags.remove === true
      ? await removeAgent(options, { cluster, mode, tell })
      : await deployAgent(options, { cluster, mode, force: flags.forceConflicts === true, tell });
  if (result.failed) process.exitCode = 1;
  if (mode === "diff" && !result.changed && !result.failed) tell("nothing would change");
  if (mode !== "apply" || flags.remove === true || result.failed || !result.changed) return;
  const { name } = flags;
  tell(`it is there when: kubectl rollout status -n ${namespace} daemonset/${name}`);
  tell(
    `back to what was before: kubectl rollout undo -n ${namespace} daemonset/${name} (the image; of the configuration,`,
  );
  tell("  the same command with the one before)");
}

async function readOptions(namespace: string, flags: DeployAgentFlags): Promise<AgentDeployment> {
  const { name, image, memory, cpu, nodeSelector, authenticationSecret, remove } = flags;
  if (image === undefined && remove !== true)
    throw new TaplineError("usage", "--image is needed: Tapline is published as none", {
      hint: "build one with tapline in it: apt-get install libbpf1, npm install -g tapline in node:24-bookworm-slim",
    });
  return {
    namespace,
    name,
    image: image ?? "",
    configuration: remove === true ? "" : await readConfiguration(flags),
    memoryMebibytes: memory,
    cpu,
    nodeSelector,
    authenticationSecret,
  };
}

async function readConfiguration({ backend, cluster, namespaces, config }: DeployAgentFlags): Promise<string> {
  if (config === undefined) {
    if (backend === undefined) throw new TaplineError("usage", "--backend or --config is needed");
    if (!/^(\[[^\]]+\]|[^:\s]+):\d{1,5}$/.test(backend))
      throw new TaplineError("usage", `--backend: expected HOST:PORT, found ${backend}`);
    return writeConfiguration({ backend, cluster, namespaces });
  }
  if (backend !== undefined || cluster !== "" || namespaces.length > 0)
    throw new TaplineError("usage", "--config says what --backend, --cluster and --namespaces do: leave these out");
  const { isActive, kubernetes } = await readRoverConfig(config, {});
  const missing = isActive
    ? kubernetes.isActive
      ? undefined
      : "process_discovery.kubernetes.active"
    : "access_log.active";
  if (missing !== undefined)
    throw new TaplineError("configuration", `${config}: ${missing} is false: nothing would be watched`);
  return Buffer.from(readWholeFile(config)).toString("utf8");
}

function comment(text: string): string {
  return text.trimEnd().replace(/^/gm, "# ");
}

function parseNames(text: string): string[] {
  const names = text.split(",").map((name) => name.trim());
  for (const name of names) checkNamespace(name);
  return names;
}

function parseLabel(text: string, before: Record<string, string>): Record<string, string> {
  const [, key, value] = /^([-._/a-zA-Z0-9]+)=([-._a-zA-Z0-9]*)$/.exec(text) ?? [];
  if (key === undefined) throw new InvalidArgumentError("Expected LABEL=VALUE, such as disk=ssd.");
  return { ...before, [key]: value! };
}

function parsePath(text: string): string {
  if (/^\/[^\s"'\\%$]+$/.test(text)) return text;
  throw new InvalidArgumentError("Expected a path from the root on, without blanks.");
}
