/** The name of a source file of the datapath in v1.19. The numbers mean other files in other versions. */
export function bpfFileName(id: number): string {
  return FILES[id] ?? `unknown(${id})`;
}

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
