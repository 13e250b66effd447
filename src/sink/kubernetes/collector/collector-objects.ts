import { type ClusterObject, MANAGED } from "../cluster-object.ts";
import {
  argumentsOf,
  type CollectorDatabase,
  type CollectorDeployment,
  PORTS,
  SECRET_KEYS,
} from "./collector-options.ts";

/** Seconds that what was taken has to get to the disk when a pod ends. */
const DRAIN_SECONDS = 30;
/** Nobody's: the image's own user may be root. */
const USER = 65_532;

/** The objects of a collector, in the order in which they are applied; the Secret with the tokens goes before them. */
export function buildCollector(options: CollectorDeployment): readonly ClusterObject[] {
  return [
    buildAccount(options),
    // Each of several pods has a volume of its own, which the cluster makes.
    ...(options.store === undefined ? [buildVolume(options)] : []),
    buildPolicy(options),
    buildService(options),
    options.store === undefined ? buildWorkload(options) : buildReplicas(options, options.store),
  ];
}

/** The volumes that a cluster has made for the pods of a database's collectors. */
export function volumesOf({ name, namespace }: CollectorDeployment, replicas: number): readonly ClusterObject[] {
  return Array.from({ length: replicas }, (_, index) =>
    head("v1", "PersistentVolumeClaim", `data-${name}-${index}`, namespace),
  );
}

/** @param tokens of an administrator of the page, and of senders */
export function buildSecret(
  { name, namespace }: CollectorDeployment,
  tokens: { readonly page: string; readonly ingest: string },
): ClusterObject {
  return {
    ...head("v1", "Secret", name, namespace),
    type: "Opaque",
    stringData: { [SECRET_KEYS.page]: tokens.page, [SECRET_KEYS.ingest]: tokens.ingest },
  };
}

/** It asks nothing of the cluster. */
function buildAccount({ name, namespace }: CollectorDeployment): ClusterObject {
  return { ...head("v1", "ServiceAccount", name, namespace), automountServiceAccountToken: false };
}

function buildVolume(options: CollectorDeployment): ClusterObject {
  return { ...head("v1", "PersistentVolumeClaim", options.name, options.namespace), spec: volumeSpec(options) };
}

function volumeSpec({ storageBytes, storageClass }: CollectorDeployment): object {
  return {
    accessModes: ["ReadWriteOnce"],
    resources: { requests: { storage: String(storageBytes) } },
    ...(storageClass !== undefined && { storageClassName: storageClass }),
  };
}

/** Any pod may send; the page is for the pods of its own namespace (an ingress, port-forward). */
function buildPolicy({ name, namespace }: CollectorDeployment): ClusterObject {
  const port = (number: number) => ({ protocol: "TCP", port: number });
  return {
    ...head("networking.k8s.io/v1", "NetworkPolicy", name, namespace),
    spec: {
      podSelector: { matchLabels: labelsOf(name) },
      policyTypes: ["Ingress"],
      ingress: [
        { from: [{ namespaceSelector: {} }], ports: [port(PORTS.ingest), port(PORTS.grpc)] },
        { from: [{ podSelector: {} }], ports: [port(PORTS.page)] },
      ],
    },
  };
}

function buildService({ name, namespace }: CollectorDeployment): ClusterObject {
  return {
    ...head("v1", "Service", name, namespace),
    spec: {
      selector: labelsOf(name),
      ports: Object.entries(PORTS).map(([port, number]) => ({
        name: port,
        port: number,
        targetPort: port,
        protocol: "TCP",
        ...(port === "grpc" && { appProtocol: "kubernetes.io/h2c" }),
      })),
    },
  };
}

function buildWorkload(options: CollectorDeployment): ClusterObject {
  const { name, namespace } = options;
  return {
    ...head("apps/v1", "Deployment", name, namespace),
    spec: {
      // One process writes to a volume: the next begins when the one before has ended.
      replicas: 1,
      strategy: { type: "Recreate" },
      selector: { matchLabels: labelsOf(name) },
      template: buildPod(options, [{ name: "data", persistentVolumeClaim: { claimName: name } }]),
    },
  };
}

/**
 * Collectors of one database: any of them takes and answers anything. What waits for the database is acknowledged, so it has to outlive the
 * pod: each has a volume, which it gets again.
 */
function buildReplicas(options: CollectorDeployment, { replicas }: CollectorDatabase): ClusterObject {
  const { name, namespace } = options;
  return {
    ...head("apps/v1", "StatefulSet", name, namespace),
    spec: {
      replicas,
      serviceName: name,
      podManagementPolicy: "Parallel",
      selector: { matchLabels: labelsOf(name) },
      template: buildPod(options, []),
      volumeClaimTemplates: [
        { metadata: { name: "data", labels: { ...MANAGED, ...labelsOf(name) } }, spec: volumeSpec(options) },
      ],
    },
  };
}

function buildPod(options: CollectorDeployment, volumes: readonly object[]): object {
  const { name } = options;
  return {
    metadata: {
      labels: labelsOf(name),
      annotations: { "prometheus.io/port": String(PORTS.page), "prometheus.io/path": "/metrics" },
    },
    spec: {
      serviceAccountName: name,
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: DRAIN_SECONDS,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: USER,
        runAsGroup: USER,
        fsGroup: USER,
        seccompProfile: { type: "RuntimeDefault" },
      },
      containers: [buildContainer(options)],
      volumes: [...volumes, { name: "tmp", emptyDir: {} }],
    },
  };
}

function buildContainer(options: CollectorDeployment): object {
  const { name, image, memoryMebibytes, cpu, ingestAuth, store } = options;
  const fromSecret = (variable: string, key: string, secret = name) => ({
    name: variable,
    valueFrom: { secretKeyRef: { name: secret, key } },
  });
  const probe = (path: string) => ({ httpGet: { path, port: "page" } });
  return {
    name: "collector",
    image,
    command: ["tapline"],
    args: argumentsOf(options),
    env: [
      fromSecret("TAPLINE_TOKEN", SECRET_KEYS.page),
      ...(ingestAuth === "token" ? [fromSecret("TAPLINE_INGEST_TOKEN", SECRET_KEYS.ingest)] : []),
      ...(store?.secret === undefined ? [] : [fromSecret("TAPLINE_CLICKHOUSE_PASSWORD", "password", store.secret)]),
    ],
    ports: Object.entries(PORTS).map(([port, containerPort]) => ({ name: port, containerPort, protocol: "TCP" })),
    startupProbe: { ...probe("/health"), periodSeconds: 2, failureThreshold: 150 },
    readinessProbe: { ...probe("/ready"), periodSeconds: 5 },
    livenessProbe: { ...probe("/health"), periodSeconds: 20, failureThreshold: 6 },
    resources: {
      requests: { cpu, memory: `${memoryMebibytes}Mi` },
      limits: { memory: `${memoryMebibytes}Mi` },
    },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
    volumeMounts: [
      { name: "data", mountPath: "/data" },
      { name: "tmp", mountPath: "/tmp" },
    ],
  };
}

function head(apiVersion: string, kind: string, name: string, namespace: string): ClusterObject {
  return { apiVersion, kind, metadata: { name, namespace, labels: { ...MANAGED, ...labelsOf(name) } } };
}

function labelsOf(name: string): Readonly<Record<string, string>> {
  return { "app.kubernetes.io/name": "tapline-collector", "app.kubernetes.io/instance": name };
}
