import { LAST_MAP, Status } from "../abi.ts";
import type { Guest } from "../context.ts";
import type { HeaderMap } from "../header-map.ts";
import { bytesOf, decodePairs, encodePairs } from "../pairs.ts";

export const HEADER_FUNCTIONS = {
  proxy_get_header_map_pairs: (guest: Guest, kind: number, data: number, size: number): number =>
    withMap(guest, kind, (map) => {
      guest.memory.give(encodePairs(map.pairs, guest.services.emptyMapAs), data, size);
      return Status.Ok;
    }),

  proxy_get_header_map_size: (guest: Guest, kind: number, size: number): number =>
    withMap(guest, kind, (map) => {
      guest.memory.writeUint32(size, encodePairs(map.pairs, 4).length);
      return Status.Ok;
    }),

  proxy_set_header_map_pairs: (guest: Guest, kind: number, data: number, size: number): number =>
    withMap(guest, kind, (map) => {
      map.set(decodePairs(guest.memory.copy(data, size)) ?? []);
      return Status.Ok;
    }),

  proxy_get_header_map_value: (
    guest: Guest,
    kind: number,
    key: number,
    keySize: number,
    data: number,
    size: number,
  ): number =>
    withMap(guest, kind, (map) => {
      const value = map.get(guest.memory.octets(key, keySize));
      // 0.1.0 knows no missing header: it is an empty one.
      if (value === undefined && guest.abi !== "0.1.0") return Status.NotFound;
      guest.memory.give(bytesOf(value ?? ""), data, size);
      return Status.Ok;
    }),

  proxy_add_header_map_value: (
    guest: Guest,
    kind: number,
    key: number,
    keySize: number,
    value: number,
    valueSize: number,
  ): number =>
    withMap(guest, kind, (map) => {
      map.add(guest.memory.octets(key, keySize), guest.memory.octets(value, valueSize));
      return Status.Ok;
    }),

  proxy_replace_header_map_value: (
    guest: Guest,
    kind: number,
    key: number,
    keySize: number,
    value: number,
    valueSize: number,
  ): number =>
    withMap(guest, kind, (map) => {
      map.replace(guest.memory.octets(key, keySize), guest.memory.octets(value, valueSize));
      return Status.Ok;
    }),

  proxy_remove_header_map_value: (guest: Guest, kind: number, key: number, keySize: number): number =>
    withMap(guest, kind, (map) => {
      map.remove(guest.memory.octets(key, keySize));
      return Status.Ok;
    }),
};

function withMap(guest: Guest, kind: number, run: (map: HeaderMap) => number): number {
  if (kind >>> 0 > LAST_MAP) return Status.BadArgument;
  const map = guest.context?.map(kind);
  return map === undefined ? Status.NotFound : run(map);
}
