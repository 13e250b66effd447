import { type ClusterObject, MANAGED } from "../cluster-object.ts";
import { argumentsOf, type CollectorDeployment, PORTS, SECRET_KEYS } from "./collector-options.ts";

/** Seconds that what was taken has to get to the disk when a pod ends. */
const DRAIN_SECONDS = 30;
/** Nobody's: the image's own user may be root. */
const USER = 65_532;

/** The objects of a collector, in the order in which they are applied; the Secret with the tokens goes before them. */
export function buildCollector(options: CollectorDeployment): readonly ClusterObject[] {
  return [
    buildAccount(options),
    buildVolume(options),
    buildPolicy(options),
    buildService(options),
    buildWorkload(options),
  ];
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

function buildVolume({ name, namespace, storageBytes, storageClass }: CollectorDeployment): ClusterObject {
  return {
    ...head("v1", "PersistentVolumeClaim", name, namespace),
    spec: {
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: String(storageBytes) } },
      ...(storageClass !== undefined && { storageClassName: storageClass }),
    },
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
      template: {
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
          volumes: [
            { name: "data", persistentVolumeClaim: { claimName: name } },
            { name: "tmp", emptyDir: {} },
          ],
        },
      },
    },
  };
}

function buildContainer(options: CollectorDeployment): object {
  const { name, image, memoryMebibytes, cpu, ingestAuth } = options;
  const fromSecret = (variable: string, key: string) => ({
    name: variable,
    valueFrom: { secretKeyRef: { name, key } },
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
