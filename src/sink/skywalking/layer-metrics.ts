import type { KernelOperation } from "../../source/ebpf/events/kernel-operation.ts";
import { SUM } from "../../source/ebpf/events/path-sums.ts";

/**
 * The part of L2 to L4 in a read. Where packets were not looked at, it is one that has all bytes.
 * @param duration of the call, in nanoseconds: stands for L4's where that is not measured
 */
export function describeArrival({ path, size }: KernelOperation, duration: bigint) {
  const sum = (name: keyof typeof SUM): bigint => BigInt(path?.[SUM[name]] ?? 0);
  const packets = path?.[SUM.packets] ?? 0;
  return {
    l2Metrics: {
      ifindex: path?.[SUM.interface] ?? 0,
      totalPackageCount: packets || 1,
      totalPackageSize: packets > 0 ? sum("bytes") : BigInt(size),
      totalPackageToQueueDuration: sum("toQueue"),
      totalRcvPackageFromQueueDuration: sum("fromQueue"),
    },
    l3Metrics: {
      totalDuration: sum("l3"),
      totalRecvDuration: sum("output"),
      totalLocalDuration: sum("local"),
      totalNetFilterCount: sum("filter"),
      totalNetFilterDuration: sum("filterTime"),
    },
    l4Metrics: { totalDuration: sum("l4") || duration },
  };
}

/** The same of a write. */
export function describeDeparture({ path, size, retransmits, drops }: KernelOperation, duration: bigint) {
  const sum = (name: keyof typeof SUM): bigint => BigInt(path?.[SUM[name]] ?? 0);
  const packets = path?.[SUM.packets] ?? 0;
  return {
    l4Metrics: {
      totalDuration: sum("l4") || duration,
      totalTransmitPackageCount: BigInt(packets || 1),
      totalRetransmitPackageCount: BigInt(retransmits),
      lossPackageMetrics: [...(drops ?? [])].map(([location, count]) => ({ location, count })),
      totalPackageSize: packets > 0 ? sum("bytes") : BigInt(size),
    },
    l3Metrics: {
      totalDuration: sum("l3"),
      totalLocalDuration: sum("local"),
      totalOutputDuration: sum("output"),
      totalResolveMACCount: sum("mac"),
      totalResolveMACDuration: sum("macTime"),
      totalNetFilterCount: sum("filter"),
      totalNetFilterDuration: sum("filterTime"),
    },
    l2Metrics: {
      totalDuration: sum("l2"),
      ifindex: path?.[SUM.interface] ?? 0,
      totalEnterQueueBufferCount: sum("queued"),
      totalReadySendDuration: sum("ready"),
      totalNetDeviceSendDuration: sum("device"),
    },
  };
}
