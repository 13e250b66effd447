import { BufferKind, LAST_BUFFER, Status } from "../abi.ts";
import type { Guest } from "../context.ts";

export const BUFFER_FUNCTIONS = {
  proxy_get_buffer_bytes(guest: Guest, kind: number, start: number, most: number, data: number, size: number): number {
    if (kind >>> 0 > LAST_BUFFER) return Status.BadArgument;
    const bytes = readBuffer(guest, kind);
    if (bytes === undefined) return Status.NotFound;
    const [from, length] = [start >>> 0, most >>> 0];
    if (from + length > 0xffff_ffff) return Status.BadArgument;
    guest.memory.give(bytes.subarray(Math.min(from, bytes.length), Math.min(from + length, bytes.length)), data, size);
    return Status.Ok;
  },

  proxy_get_buffer_status(guest: Guest, kind: number, length: number, flags: number): number {
    if (kind >>> 0 > LAST_BUFFER) return Status.BadArgument;
    const bytes = readBuffer(guest, kind);
    if (bytes === undefined) return Status.NotFound;
    guest.memory.writeUint32(length, bytes.length);
    guest.memory.writeUint32(flags, 0);
    return Status.Ok;
  },

  proxy_set_buffer_bytes(guest: Guest, kind: number, start: number, size: number, data: number, count: number): number {
    if (kind >>> 0 > LAST_BUFFER) return Status.BadArgument;
    const buffer = guest.context?.buffer(kind);
    if (buffer === undefined) return Status.NotFound;
    if (kind !== BufferKind.RequestBody && kind !== BufferKind.ResponseBody) return Status.BadArgument;
    return buffer.splice(start >>> 0, size >>> 0, guest.memory.copy(data, count)) ? Status.Ok : Status.BadArgument;
  },

  /** 0.1.0's way to the configuration that the module is told of. */
  proxy_get_configuration(guest: Guest, data: number, size: number): number {
    const bytes = readBuffer(guest, BufferKind.PluginConfiguration) ?? guest.vmConfiguration;
    guest.memory.give(bytes, data, size);
    return Status.Ok;
  },
};

function readBuffer(guest: Guest, kind: number): Uint8Array | undefined {
  return guest.context?.buffer(kind)?.bytes;
}
