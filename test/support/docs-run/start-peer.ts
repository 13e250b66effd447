import { execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { startKubernetes } from "../kubernetes.ts";
import { waitForPort } from "../processes.ts";
import type { World } from "./world.ts";

/** Starts what blocks with `needs: PEER` want, in this process's namespaces. @returns what ends it */
export function startPeer(peer: string, folder: string, world: World): Promise<() => Promise<void>> {
  const start = STARTS[peer];
  if (start === undefined) throw new Error(`nothing starts ${peer}`);
  return start(folder, world);
}

const STARTS: Readonly<Record<string, (folder: string, world: World) => Promise<() => Promise<void>>>> = {
  kernel: startServers,
  kubernetes: startCluster,
};

/** The servers that the pages watch, each asked ten times a second; and `sudo`, which root needs not. */
async function startServers(folder: string, world: World): Promise<() => Promise<void>> {
  const bin = join(folder, "sudo-bin");
  mkdirSync(bin);
  writeFileSync(join(bin, "sudo"), '#!/bin/sh\nexec "$@"\n');
  chmodSync(join(bin, "sudo"), 0o755);
  world.environment["PATH"] = `${bin}:${world.environment["PATH"]}`;
  const config = join(folder, "nginx.conf");
  writeFileSync(
    config,
    `daemon off; master_process off; pid ${folder}/nginx.pid; error_log stderr;
events {}
http { access_log off; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi; server { listen 127.0.0.1:8090; return 200 "ok"; } }`,
  );
  const servers = [
    spawn("nginx", ["-c", config, "-p", folder], { stdio: "ignore" }),
    spawn("redis-server", ["--port", "6379", "--save", "", "--dir", folder], { stdio: "ignore" }),
  ];
  for (const port of [8090, 6379]) await waitForPort(port);
  world.ask([8090], false);
  const redis = connect(6379, "127.0.0.1").on("error", () => {});
  redis.resume();
  const timer = setInterval(() => redis.write("*2\r\n$3\r\nGET\r\n$1\r\na\r\n"), 100);
  return async () => {
    clearInterval(timer);
    redis.destroy();
    for (const server of servers) server.kill("SIGKILL");
  };
}

/** A real API server with the namespaces and workloads that the pages name. */
async function startCluster(folder: string, world: World): Promise<() => Promise<void>> {
  const data = join(folder, "cluster");
  mkdirSync(data);
  // It wants an address to tell others, and a way to them.
  for (const command of ["link add net0 type veth peer name net1", "addr add 10.9.0.1/24 dev net0"])
    execFileSync("ip", command.split(" "));
  for (const command of ["link set net0 up", "link set net1 up", "route add default dev net0"])
    execFileSync("ip", command.split(" "));
  const cluster = await startKubernetes(data);
  const labels = { app: "cart" };
  const template = { metadata: { labels }, spec: { containers: [{ name: "main", image: "shop" }] } };
  await cluster.create(
    ...["shop", "cart", "watch", "monitoring"].map((name) => ({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name },
    })),
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "cart", namespace: "shop" },
      spec: { selector: { matchLabels: labels }, template },
    } as never,
  );
  world.environment["KUBECONFIG"] = cluster.kubeconfig;
  return () => cluster.stop();
}
