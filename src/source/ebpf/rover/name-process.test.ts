import assert from "node:assert/strict";
import { test } from "node:test";
import { formatError } from "../../../model/index.ts";
import { parseDocument } from "../../../wire/config-document/index.ts";
import { describePods } from "../../kubernetes/describe-pods.ts";
import { discoveryOf } from "./discovery-request.ts";
import { nameByAnalyzers } from "./name-process.ts";
import { roverConfigOf } from "./rover-config.ts";

const read = async (text: string, environment: Record<string, string> = {}) =>
  roverConfigOf(await parseDocument(text, { file: "rover.yaml" }), environment);

const service = (name: string, selector?: Record<string, string>, namespace = "shop") => ({
  metadata: { name, namespace },
  spec: { ...(selector && { selector }) },
});
const SERVICES = [
  service("cart-canary", { app: "cart" }),
  service("cart-b", { app: "cart" }),
  service("cart-a", { app: "cart", tier: "web" }),
  service("everything"),
  service("c", { app: "cart" }, "other"),
];

/** A pod as the API gives it: an application, and a mesh's proxy that runs as an init container that stays. */
const pod = (namespace: string, labels: Record<string, string>, proxy?: "container" | "init") => {
  const [app, sidecar] = [
    {
      name: "app",
      env: [
        { name: "ZONE", value: "east" },
        { name: "SECRET", valueFrom: {} },
      ],
    },
    { name: "istio-proxy" },
  ];
  const statuses = [
    { name: "app", containerID: "containerd://a1" },
    { name: "istio-proxy", containerID: "containerd://b2" },
  ];
  return {
    metadata: { name: "cart-1", namespace, labels, ownerReferences: [] },
    spec: {
      nodeName: "n1",
      containers: [app, ...(proxy === "container" ? [sidecar] : [])],
      ...(proxy === "init" && { initContainers: [{ ...sidecar, restartPolicy: "Always" }] }),
    },
    status: {
      podIP: "10.0.0.9",
      containerStatuses: proxy === "container" ? statuses : statuses.slice(0, 1),
      ...(proxy === "init" && { initContainerStatuses: statuses.slice(1) }),
    },
  };
};
const PROCESS = { pid: 7, path: "/usr/bin/node", name: "node", commandLine: "node /app/s.js", folder: "/app" };

async function name(
  text: string,
  api: ReturnType<typeof pod>,
  container = "app",
  environment: Record<string, string> = {},
): Promise<{ names: string[]; problems: string[]; properties: object | undefined }> {
  const config = await read(text, environment);
  const owners = () => [
    { kind: "ReplicaSet", name: "cart-77" },
    { kind: "Deployment", name: "cart" },
  ];
  const [found] = describePods([api as never], SERVICES as never, { owners, wantsEnvironment: true });
  const problems: string[] = [];
  const names = nameByAnalyzers(
    config,
    { ...PROCESS, cgroup: "", cgroups: "" },
    { pod: found!, container: found!.containers.find((one) => one.name === container)! },
    (problem) => problems.push(problem),
  );
  return {
    names: names.map((one) => [one.layer, one.service, one.instance, one.process, ...one.labels].join(" ")),
    problems,
    properties: names[0]?.properties,
  };
}

test("without analyzers Rover's own: a service names the pod, the shortest name first, then by letters", async () => {
  const { names, properties } = await name("core: { cluster_name: east }", pod("shop", { app: "cart", tier: "web" }));
  assert.deepEqual(names, ["K8S_SERVICE east::cart-a.shop cart-1 node k8s-service"]);
  const { host_ip: _host, ...rest } = properties as Record<string, string>;
  assert.deepEqual(rest, {
    container_ip: "10.0.0.9",
    container_name: "app",
    pod_name: "cart-1",
    pid: "7",
    command_line: "node /app/s.js",
  });
});

for (const proxy of ["container", "init"] as const)
  test(`a mesh's proxy and the application behind it, where it is an ordinary or an init container: ${proxy}`, async () => {
    const api = pod("shop", { "app.kubernetes.io/name": "trolley", app: "cart" }, proxy);
    assert.deepEqual((await name("{}", api, "istio-proxy")).names, [
      "MESH_DP trolley.shop cart-1 node mesh-envoy",
      "K8S_SERVICE cart-b.shop cart-1 node k8s-service",
    ]);
    assert.deepEqual((await name("{}", api)).names[0], "MESH trolley.shop cart-1 node mesh-application");
  });

test("variables of Rover's own analyzers", async () => {
  const prefix = "ROVER_PROCESS_DISCOVERY_KUBERNETES_ANALYZER_K8S_SERVICE";
  const environment = {
    [`${prefix}_NAME`]: "{{.Pod.ServiceName}}@{{.Rover.HostName | eq ``}}",
    [`${prefix}_LABLES`]: "a,b",
  };
  assert.deepEqual((await name("{}", pod("shop", { app: "cart" }), "app", environment)).names, [
    "K8S_SERVICE cart-b@false cart-1 node a b",
  ]);
  const off = { [`${prefix}_ACTIVE`]: "false" };
  assert.deepEqual((await name("{}", pod("shop", { app: "cart" }), "app", off)).names, []);
});

test("excluded namespaces and clusters have no names", async () => {
  assert.deepEqual((await name("{}", pod("kube-system", {}))).names, []);
  const excluded = "core: { cluster_name: east }\naccess_log: { exclude_cluster: 'west,east' }";
  assert.deepEqual((await name(excluded, pod("shop", { app: "cart" }))).names, []);
});

const analyzer = (fields: string) =>
  `process_discovery: { kubernetes: { node_name: n1, analyzers: [ { ${fields} } ] } }`;

test("methods: owners, other containers, labels, the environment", async () => {
  const api = pod("shop", { app: "cart", tier: "web" }, "container");
  const given = async (filter: string, template: string) =>
    (await name(analyzer(`filters: ['${filter}'], service_name: '${template}'`), api)).names;
  assert.deepEqual(await given('.Pod.HasOwnerName "Job,Deployment"', '{{.Pod.OwnerName "Deployment"}}'), [
    "K8S_SERVICE cart cart-1 node",
  ]);
  assert.deepEqual(await given('not (.Pod.HasOwnerName "Job")', '{{.Pod.OwnerName "Service,Deployment"}}'), [
    "K8S_SERVICE cart-a cart-1 node",
  ]);
  assert.deepEqual(await given('.Pod.LabelSelector "app=cart,tier=web"', '{{(.Pod.FindContainer "istio-proxy").ID}}'), [
    "K8S_SERVICE containerd://b2 cart-1 node",
  ]);
  assert.deepEqual(await given('.Pod.LabelSelector "app=cart,tier=db"', "x"), []);
  assert.deepEqual(await given('eq (.Container.EnvValue "NO,ZONE") "east"', "{{.Container.Name}}"), [
    "K8S_SERVICE app cart-1 node",
  ]);
});

test("a template that finds nothing for a pod says so, and the process has no name by it", async () => {
  const text = analyzer("service_name: '{{.Container.EnvValue `NONE`}}'");
  const { names, problems } = await name(text, pod("shop", {}));
  assert.deepEqual([names, problems], [[], ["shop/cart-1: the container app has no variable NONE"]]);
});

for (const [fields, says] of [
  ["service_name: '{{.Pod.Nam}}'", "there is no .Pod.Nam"],
  ["service_name: '{{.Pod.Name}'", "an action is not closed"],
  ["service_name: x, filters: ['.Pod.HasContainers `a`']", "there is no .Pod.HasContainers"],
  ["service_name: x, filters: ['(.Pod.FindContainer `a`).Image']", "there is no .Image"],
  ["filters: ['true']", "service_name is missing"],
] as const)
  test(`refused when it is read: ${fields}`, async () => {
    await assert.rejects(read(analyzer(fields)), (error) => {
      assert.match(formatError(error), /^rover\.yaml:1:/);
      assert.ok(formatError(error).includes(says), formatError(error));
      return true;
    });
  });

test("a rule knows no pods", async () => {
  const text = "process_discovery: { rules: [ { command: x, service_name: '{{.Pod.Name}}' } ] }";
  await assert.rejects(read(text), /there is no \.Pod\.Name/);
});

test("owners and variables are asked for where a template names them, and a node has to be named", async () => {
  const active = "active: true, service_name: '{{.Pod.OwnerName `Deployment`}}'";
  assert.deepEqual(discoveryOf(await read(analyzer(active))), {
    node: "n1",
    namespaces: [],
    wantsOwners: true,
    wantsEnvironment: false,
  });
  assert.throws(
    () => discoveryOf({ kubernetes: { node: "", namespaces: [], analyzers: [] } } as never),
    /node_name is empty/,
  );
});
