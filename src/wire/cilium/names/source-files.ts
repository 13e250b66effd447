import { type Dialect, isAtLeast } from "../dialect.ts";

/** The name of a source file of the datapath in v1.19 and v1.20. The numbers mean other files in other versions. */
export function bpfFileName(id: number, dialect: Dialect = "v1.19"): string {
  const isGone = id === NETWORK_FILE && isAtLeast(dialect, "v1.20");
  return (isGone ? undefined : FILES[id]) ?? `unknown(${id})`;
}

/** bpf_network.c: up to v1.19. */
const NETWORK_FILE = 6;

const FILES: Readonly<Record<number, string>> = {
  1: "bpf_host.c",
  2: "bpf_lxc.c",
  3: "bpf_overlay.c",
  4: "bpf_xdp.c",
  5: "bpf_sock.c",
  6: "bpf_network.c",
  7: "bpf_wireguard.c",
  101: "drop.h",
  102: "srv6.h",
  103: "icmp6.h",
  104: "nodeport.h",
  105: "lb.h",
  106: "mcast.h",
  107: "ipv4.h",
  108: "conntrack.h",
  109: "local_delivery.h",
  110: "trace.h",
  111: "encap.h",
  112: "host_firewall.h",
  113: "nodeport_egress.h",
  114: "ipv6.h",
  115: "classifiers.h",
};
