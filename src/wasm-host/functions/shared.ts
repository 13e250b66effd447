import { Status } from "../abi.ts";
import type { Guest } from "../context.ts";

export const SHARED_FUNCTIONS = {
  proxy_get_shared_data(
    guest: Guest,
    key: number,
    keySize: number,
    data: number,
    size: number,
    version: number,
  ): number {
    const found = guest.services.shared.get(guest.memory.octets(key, keySize));
    if (found === undefined) return Status.NotFound;
    guest.memory.give(found.bytes, data, size);
    guest.memory.writeUint32(version, found.version);
    return Status.Ok;
  },

  proxy_set_shared_data(
    guest: Guest,
    key: number,
    keySize: number,
    value: number,
    size: number,
    version: number,
  ): number {
    const bytes = guest.memory.copy(value, size);
    const result = guest.services.shared.set(guest.memory.octets(key, keySize), bytes, version >>> 0);
    return result === "set" ? Status.Ok : result === "mismatch" ? Status.CasMismatch : Status.InternalFailure;
  },

  proxy_register_shared_queue(guest: Guest, name: number, size: number, number: number): number {
    const rootId = guest.context?.rootId;
    if (rootId === undefined) return Status.BadArgument;
    const key = guest.memory.octets(name, size);
    const { shared } = guest.services;
    let queue: number | undefined;
    queue = shared.register(guest.vmId, key, () => guest.defer(() => guest.notifyQueue(rootId, queue!)));
    if (queue === undefined) return Status.InternalFailure;
    guest.memory.writeUint32(number, queue);
    return Status.Ok;
  },

  proxy_resolve_shared_queue(
    guest: Guest,
    vm: number,
    vmSize: number,
    name: number,
    size: number,
    number: number,
  ): number {
    const vmId = guest.memory.octets(vm, vmSize);
    const queue = guest.services.shared.resolve(vmId, guest.memory.octets(name, size));
    if (queue === undefined) return Status.NotFound;
    guest.memory.writeUint32(number, queue);
    return Status.Ok;
  },

  proxy_enqueue_shared_queue(guest: Guest, queue: number, data: number, size: number): number {
    const result = guest.services.shared.enqueue(queue >>> 0, guest.memory.copy(data, size));
    return result === "queued" ? Status.Ok : result === "unknown" ? Status.NotFound : Status.InternalFailure;
  },

  proxy_dequeue_shared_queue(guest: Guest, queue: number, data: number, size: number): number {
    const bytes = guest.services.shared.dequeue(queue >>> 0);
    if (bytes === undefined) return Status.NotFound;
    if (bytes === null) return Status.Empty;
    guest.memory.give(bytes, data, size);
    return Status.Ok;
  },
};
