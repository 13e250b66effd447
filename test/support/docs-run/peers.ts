/** Peers that a block may say it needs, and where they are. The list is closed: another name fails the test. */
export const PEERS: Readonly<Record<string, string>> = {
  clickhouse: "a ClickHouse (test/real/exchange-stores and clickhouse-store run against one)",
  kubernetes: "a cluster (test/peers/kubernetes-agent and deploy-filter run against a real API server)",
  cilium: "a node of Cilium",
  kernel: "root and a kernel that takes programs (npm run test:kernel runs them)",
  envoy: "a real Envoy (npm run test:real runs it)",
  oap: "a SkyWalking backend (npm run test:peers has one)",
  project: "what every run of the project's checks does, or what changes its sources",
  window: "a program with a window",
  prometheus: "a Prometheus",
  elsewhere: "an output of a program that is not of this project",
};
