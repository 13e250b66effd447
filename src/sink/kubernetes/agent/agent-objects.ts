import { createHash } from "node:crypto";
import { type ClusterObject, MANAGED } from "../cluster-object.ts";
import { type AgentDeployment, CAPABILITIES, CONFIG_FILE, CONFIG_FOLDER } from "./agent-options.ts";

/** Seconds that what was seen has to get to the backend when a pod ends. */
const DRAIN_SECONDS = 30;

/** The objects of the agents, in the order in which they are applied. */
export function buildAgent(options: AgentDeployment): readonly ClusterObject[] {
  return [
    head(options, "v1", "ServiceAccount"),
    buildRole(options),
    buildBinding(options),
    { ...head(options, "v1", "ConfigMap"), data: { [CONFIG_FILE]: options.configuration } },
    buildWorkload(options),
  ];
}

/** Roles that suffice to apply these objects and to take them back: nobody can grant what he may not do himself. */
export function buildDeployerRoles(options: AgentDeployment): readonly ClusterObject[] {
  const { name, namespace } = options;
  const verbs = ["get", "create", "patch", "delete"];
  const head = { apiVersion: "rbac.authorization.k8s.io/v1" };
  const deployer = `${name}-deployer`;
  return [
    {
      ...head,
      kind: "Role",
      metadata: { name: deployer, namespace },
      rules: [
        { apiGroups: [""], resources: ["serviceaccounts", "configmaps"], verbs },
        { apiGroups: ["apps"], resources: ["daemonsets"], verbs },
      ],
    },
    {
      ...head,
      kind: "ClusterRole",
      metadata: { name: deployer },
      rules: [
        { apiGroups: ["rbac.authorization.k8s.io"], resources: ["clusterroles", "clusterrolebindings"], verbs },
        { apiGroups: [""], resources: ["namespaces"], verbs: ["get"] },
        ...AGENT_RULES,
      ],
    },
  ];
}

/** An agent's questions to the cluster; owners are read where a template names them. */
const AGENT_RULES = [
  { apiGroups: [""], resources: ["nodes"], verbs: ["get"] },
  { apiGroups: [""], resources: ["pods", "services"], verbs: ["get", "list", "watch"] },
  { apiGroups: ["apps"], resources: ["replicasets", "deployments", "statefulsets", "daemonsets"], verbs: ["get"] },
  { apiGroups: ["batch"], resources: ["jobs", "cronjobs"], verbs: ["get"] },
];

function buildRole(options: AgentDeployment): ClusterObject {
  return { ...clusterHead(options, "ClusterRole"), rules: AGENT_RULES };
}

function buildBinding(options: AgentDeployment): ClusterObject {
  const { name, namespace } = options;
  return {
    ...clusterHead(options, "ClusterRoleBinding"),
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: clusterName(options) },
    subjects: [{ kind: "ServiceAccount", name, namespace }],
  };
}

function buildWorkload(options: AgentDeployment): ClusterObject {
  const { name, configuration, nodeSelector } = options;
  return {
    ...head(options, "apps/v1", "DaemonSet"),
    spec: {
      selector: { matchLabels: labelsOf(options) },
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1 } },
      template: {
        metadata: {
          labels: labelsOf(options),
          // Another configuration is another template: its pods are rolled.
          annotations: { "tapline/configuration-sha256": createHash("sha256").update(configuration).digest("hex") },
        },
        spec: {
          serviceAccountName: name,
          // Processes are known by the node's numbers, and the node's addresses are told.
          hostPID: true,
          hostNetwork: true,
          dnsPolicy: "ClusterFirstWithHostNet",
          // A node is watched whatever it is kept free of.
          tolerations: [{ operator: "Exists" }],
          ...(Object.keys(nodeSelector).length > 0 && { nodeSelector }),
          terminationGracePeriodSeconds: DRAIN_SECONDS,
          securityContext: { seccompProfile: { type: "RuntimeDefault" } },
          containers: [buildContainer(options)],
          volumes: [
            { name: "configuration", configMap: { name } },
            { name: "tmp", emptyDir: {} },
          ],
        },
      },
    },
  };
}

function buildContainer({ image, memoryMebibytes, cpu, authenticationSecret }: AgentDeployment): object {
  const memory = `${memoryMebibytes}Mi`;
  return {
    name: "agent",
    image,
    command: ["tapline"],
    args: ["agent", "-c", `${CONFIG_FOLDER}/${CONFIG_FILE}`],
    env: [
      {
        name: "ROVER_PROCESS_DISCOVERY_KUBERNETES_NODE_NAME",
        valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } },
      },
      ...(authenticationSecret === undefined
        ? []
        : [
            {
              name: "ROVER_BACKEND_AUTHENTICATION",
              valueFrom: { secretKeyRef: { name: authenticationSecret, key: "authentication" } },
            },
          ]),
    ],
    resources: { requests: { cpu, memory }, limits: { memory } },
    securityContext: {
      privileged: false,
      allowPrivilegeEscalation: false,
      runAsUser: 0,
      readOnlyRootFilesystem: true,
      // A profile of the runtime's keeps it from looking into other containers' processes.
      appArmorProfile: { type: "Unconfined" },
      capabilities: { drop: ["ALL"], add: [...CAPABILITIES] },
    },
    volumeMounts: [
      { name: "configuration", mountPath: CONFIG_FOLDER, readOnly: true },
      { name: "tmp", mountPath: "/tmp" },
    ],
  };
}

function head(options: AgentDeployment, apiVersion: string, kind: string): ClusterObject {
  const { name, namespace } = options;
  return { apiVersion, kind, metadata: { name, namespace, labels: { ...MANAGED, ...labelsOf(options) } } };
}

function clusterHead(options: AgentDeployment, kind: string): ClusterObject {
  return {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind,
    metadata: { name: clusterName(options), labels: { ...MANAGED, ...labelsOf(options) } },
  };
}

/** Objects of no namespace: others of the same name may be in another. */
function clusterName({ name, namespace }: AgentDeployment): string {
  return `${namespace}:${name}`;
}

function labelsOf({ name }: AgentDeployment): Readonly<Record<string, string>> {
  return { "app.kubernetes.io/name": "tapline-agent", "app.kubernetes.io/instance": name };
}
