/** Peers that a block may say it needs, and where they are. The list is closed: another name fails the test. */
export const PEERS: Readonly<Record<string, string>> = {
  clickhouse: "a ClickHouse (test/real/exchange-stores and clickhouse-store run against one)",
  kubernetes: "a cluster (test/peers/docs-run runs them against a real API server)",
  kubelet: "a cluster whose pods run (an API server alone has no kubelet)",
  cilium: "a node of Cilium",
  kernel: "root and a kernel that takes programs (test/kernel/docs-run runs them)",
  envoy: "a real Envoy (npm run test:real runs it)",
  oap: "a SkyWalking backend (npm run test:peers has one)",
  project: "what every run of the project's checks does, or what changes its sources",
  window: "a program with a window",
  prometheus: "a Prometheus",
  elsewhere: "an output of a program that is not of this project",
};
