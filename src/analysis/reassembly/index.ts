export { PacketReassembler, type PacketReassemblerOptions } from "./packet-reassembler.ts";
export {
  DEFAULT_REASSEMBLY_LIMITS,
  REASSEMBLY_LIMITS,
  type ReassemblyCounters,
  type ReassemblyLimits,
} from "./reassembly-limits.ts";
