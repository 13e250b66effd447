import type { Endpoint } from "../../../model/index.ts";
import { compileNetwork } from "../../../wire/packet/ip-network.ts";
import type { AddressRange } from "../../dial/tls-config.ts";
import { isLoopback } from "../../loopback.ts";
import type { FilterChainMatch } from "../config/config.ts";

/** Everything known of a connection when its filter chain is chosen. */
export interface ChainQuestion {
  /** Its ends, as the PROXY protocol says where it does. */
  readonly local: Endpoint | undefined;
  readonly remote: Endpoint | undefined;
  /** The far end of the socket itself. */
  readonly directRemote: Endpoint | undefined;
  /** From the ClientHello, where it was looked at. */
  readonly serverName?: string;
  readonly transportProtocol: "tls" | "raw_buffer";
  readonly applicationProtocols: readonly string[];
}

/**
 * Finds a connection's filter chain as Envoy does: criterion after criterion, those chains stay that match it most closely
 * (envoy.config.listener.v3.FilterChainMatch).
 */
export class ChainMatcher {
  readonly #chains: readonly Compiled[];
  readonly #takesAll: boolean;

  constructor(matches: readonly FilterChainMatch[]) {
    this.#chains = matches.map(compile);
    this.#takesAll = matches.length === 1 && this.#chains[0]!.isEmpty;
  }

  /** The chain's index; undefined where none takes it. */
  find(question: ChainQuestion): number | undefined {
    if (this.#takesAll) return 0;
    let left: readonly Candidate[] = this.#chains.map((chain, index) => ({ chain, index }));
    for (const closeness of CRITERIA) {
      left = keepClosest(left, (chain) => closeness(chain, question));
      if (left.length === 0) return undefined;
    }
    return left[0]!.index;
  }
}

interface Candidate {
  readonly chain: Compiled;
  readonly index: number;
}

type Networks = readonly { readonly bits: number; readonly includes: (address: string) => boolean }[];

interface Compiled {
  readonly match: FilterChainMatch;
  readonly isEmpty: boolean;
  readonly destination: Networks;
  readonly directSource: Networks;
  readonly source: Networks;
}

/** How closely a chain matches: higher is closer, 0 is a chain that does not say; undefined: it does not match. */
type Closeness = (chain: Compiled, question: ChainQuestion) => number | undefined;

const CRITERIA: readonly Closeness[] = [
  ({ match }, { local }) => chooseValue(match.destinationPort, local?.kind === "ip" ? local.port : undefined),
  ({ destination }, { local }) => chooseNetwork(destination, local),
  ({ match }, { serverName }) => chooseName(match.serverNames, serverName?.toLowerCase()),
  ({ match }, { transportProtocol }) => chooseValue(match.transportProtocol, transportProtocol),
  ({ match }, { applicationProtocols }) => chooseProtocol(match.applicationProtocols, applicationProtocols),
  ({ directSource }, { directRemote }) => chooseNetwork(directSource, directRemote),
  ({ match }, question) => chooseSource(match.sourceType, question),
  ({ source }, { remote }) => chooseNetwork(source, remote),
  ({ match }, { remote }) => chooseAmong(match.sourcePorts, remote?.kind === "ip" ? remote.port : undefined),
];

function keepClosest(
  candidates: readonly Candidate[],
  closeness: (chain: Compiled) => number | undefined,
): readonly Candidate[] {
  const rated = candidates.map((candidate) => ({ candidate, rate: closeness(candidate.chain) }));
  const best = Math.max(...rated.map(({ rate }) => rate ?? -1));
  return best < 0 ? [] : rated.filter(({ rate }) => rate === best).map(({ candidate }) => candidate);
}

function chooseValue<Value>(wanted: Value | undefined, found: Value | undefined): number | undefined {
  if (wanted === undefined) return 0;
  return wanted === found ? 1 : undefined;
}

function chooseAmong<Value>(wanted: readonly Value[], found: Value | undefined): number | undefined {
  if (wanted.length === 0) return 0;
  return found !== undefined && wanted.includes(found) ? 1 : undefined;
}

function chooseNetwork(networks: Networks, endpoint: Endpoint | undefined): number | undefined {
  if (networks.length === 0) return 0;
  if (endpoint?.kind !== "ip") return undefined;
  const bits = networks.filter(({ includes }) => includes(endpoint.address)).map((network) => network.bits + 1);
  return bits.length === 0 ? undefined : Math.max(...bits);
}

/** The whole name is closest, then the longest ending that a wildcard stands for. */
function chooseName(wanted: readonly string[], found: string | undefined): number | undefined {
  if (wanted.length === 0) return 0;
  if (found === undefined || found === "") return undefined;
  const rates = wanted.map((name) => {
    if (name === found) return Number.MAX_SAFE_INTEGER;
    return name.startsWith("*.") && found.endsWith(name.slice(1)) ? name.length : -1;
  });
  const best = Math.max(...rates);
  return best < 0 ? undefined : best;
}

/** The client's first protocol that any chain names counts most. */
function chooseProtocol(wanted: readonly string[], found: readonly string[]): number | undefined {
  if (wanted.length === 0) return 0;
  const index = found.findIndex((protocol) => wanted.includes(protocol));
  return index < 0 ? undefined : found.length - index;
}

function chooseSource(wanted: FilterChainMatch["sourceType"], { local, remote }: ChainQuestion): number | undefined {
  if (wanted === "ANY") return 0;
  const isLocal =
    remote?.kind !== "ip" || isLoopback(remote.address) || (local?.kind === "ip" && local.address === remote.address);
  return isLocal === (wanted === "SAME_IP_OR_LOOPBACK") ? 1 : undefined;
}

function compile(match: FilterChainMatch): Compiled {
  const { sourceType, ...rest } = match;
  return {
    match,
    isEmpty: sourceType === "ANY" && Object.values(rest).every((value) => Array.isArray(value) && value.length === 0),
    destination: compileNetworks(match.destinationRanges),
    directSource: compileNetworks(match.directSourceRanges),
    source: compileNetworks(match.sourceRanges),
  };
}

function compileNetworks(ranges: readonly AddressRange[]): Networks {
  return ranges.map(({ address, prefixLength }) => ({
    bits: prefixLength,
    includes: compileNetwork(`${address}/${prefixLength}`),
  }));
}
