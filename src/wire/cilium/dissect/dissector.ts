import { EthernetLayer } from "./ethernet.ts";
import { GeneveLayer } from "./geneve.ts";
import { GoPanic, type GopacketVersion } from "./gopacket-version.ts";
import { Icmpv4Layer, Icmpv6Layer } from "./icmp.ts";
import { IgmpLayer } from "./igmp.ts";
import { Ipv4Layer } from "./ipv4.ts";
import { Ipv6Layer } from "./ipv6.ts";
import type { DecodeContext, Layer } from "./layer.ts";
import { LayerType } from "./layer-type.ts";
import { SctpLayer } from "./sctp.ts";
import { TcpLayer } from "./tcp.ts";
import { UdpLayer } from "./udp.ts";
import { VrrpLayer } from "./vrrp.ts";
import { VxlanLayer } from "./vxlan.ts";

/**
 * A set of layers and the walk over them: gopacket's DecodingLayerParser as `cilium monitor` uses it. One object a layer
 * type, so the packets follow each other through the same fields (layer.ts says what that means).
 */
export class LayerStack implements DecodeContext {
  readonly version: GopacketVersion;
  readonly faithful: boolean;
  readonly ethernet = new EthernetLayer();
  readonly ipv4 = new Ipv4Layer();
  readonly ipv6 = new Ipv6Layer();
  readonly icmpv4 = new Icmpv4Layer();
  readonly icmpv6 = new Icmpv6Layer();
  readonly tcp = new TcpLayer();
  readonly udp = new UdpLayer();
  readonly sctp = new SctpLayer();
  readonly vrrp = new VrrpLayer();
  readonly igmp = new IgmpLayer();
  readonly vxlan = new VxlanLayer();
  readonly geneve = new GeneveLayer();
  /** The types that were decoded, outermost first; the first `count` count. */
  readonly decoded: number[] = [];
  count = 0;
  truncated = false;
  limit = 0;
  readonly #layers: readonly (Layer | undefined)[];

  /** @param tunnel decode what is inside a tunnel (VXLAN, Geneve), and not only what is outside of it. */
  constructor(version: GopacketVersion, faithful: boolean, tunnel: boolean) {
    this.version = version;
    this.faithful = faithful;
    const layers: (Layer | undefined)[] = [undefined, this.ethernet, this.ipv4, this.ipv6, this.icmpv4, this.icmpv6];
    layers.push(this.tcp, this.udp);
    if (version !== "1.1.17") layers.push(this.sctp, this.vrrp, this.igmp);
    if (tunnel) layers.push(this.vxlan, this.geneve);
    this.#layers = layers;
  }

  /**
   * Decodes `bytes[start, end)`, whose buffer ends at `limit`, from the layer `first` on.
   * @returns Go's error text; a layer that has no decoder is none.
   */
  decode(bytes: Uint8Array, start: number, end: number, limit: number, first: number): string | undefined {
    this.count = 0;
    this.truncated = false;
    this.limit = limit;
    // 1.1.17 does not ask the first decoder about no data at all.
    if (start >= end && this.version === "1.1.17") return undefined;
    let type = first;
    let from = start;
    let to = end;
    try {
      for (;;) {
        const layer = this.#layers[type];
        if (layer === undefined) return undefined;
        const error = layer.decode(bytes, from, to, this);
        if (error !== undefined) return error;
        this.decoded[this.count++] = type;
        type = layer.nextLayer();
        from = layer.payloadStart;
        to = layer.payloadEnd;
        if (from >= to) return undefined;
      }
    } catch (error) {
      if (error instanceof GoPanic) return `panic: ${error.message}`;
      throw error;
    }
  }

  layer(type: number): Layer {
    return this.#layers[type]!;
  }

  /** Forgets the packets before. */
  reset(): void {
    for (const layer of this.#layers) layer?.reset();
    this.count = 0;
  }
}

/** Facts of a notification about its packet beyond the bytes (Cilium v1.18 and later). */
export interface DecodeOptions {
  /** There is no Ethernet header. */
  readonly isL3Device: boolean;
  readonly isIPv6: boolean;
  readonly isVXLAN: boolean;
  readonly isGeneve: boolean;
}

/** A dissector: the layers of a packet and, where it is a tunnel's, of the packet inside. */
export class Dissector {
  readonly outer: LayerStack;
  readonly inner: LayerStack;
  /** gopacket 1.5.0 or later. */
  readonly isGopacket15: boolean;
  readonly faithful: boolean;
  /** Whether a packet has been looked at yet. */
  isStarted = false;

  /**
   * @param faithful reproduce gopacket's faults: what it carries from one packet to the next, what stops its process, and
   * what Cilium mixes up of a tunnel's two packets.
   */
  constructor(version: GopacketVersion, faithful: boolean) {
    this.outer = new LayerStack(version, faithful, false);
    this.inner = new LayerStack(version, faithful, true);
    this.isGopacket15 = version !== "1.1.17";
    this.faithful = faithful;
  }

  decodeOuter(
    bytes: Uint8Array,
    start: number,
    end: number,
    limit: number,
    options: DecodeOptions | undefined,
  ): string | undefined {
    this.isStarted = true;
    if (!this.faithful) this.reset();
    const first =
      options === undefined || !options.isL3Device
        ? LayerType.ETHERNET
        : options.isIPv6
          ? LayerType.IPV6
          : LayerType.IPV4;
    return this.outer.decode(bytes, start, end, limit, first);
  }

  /** Decodes the tunnel in the UDP payload. Without a tunnel nothing is inside. */
  decodeInner(options: DecodeOptions | undefined): string | undefined {
    const { udp } = this.outer;
    if (options?.isVXLAN)
      return this.inner.decode(udp.bytes, udp.payloadStart, udp.payloadEnd, udp.limit, LayerType.VXLAN);
    if (options?.isGeneve)
      return this.inner.decode(udp.bytes, udp.payloadStart, udp.payloadEnd, udp.limit, LayerType.GENEVE);
    this.inner.count = 0;
    return undefined;
  }

  clear(): void {
    this.isStarted = true;
    this.outer.count = 0;
    this.inner.count = 0;
  }

  /** Forgets the packets before, as a new process would. */
  reset(): void {
    this.outer.reset();
    this.inner.reset();
  }
}
