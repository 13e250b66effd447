import { TYPE_ID, type WireType } from "../../gob/index.ts";

/** How a stream describes its LogRecord, where that has changed over the versions; undefined where it has no such field. */
export interface LogRecordTypes {
  /** Texts up to v1.15, structs since. */
  readonly labels: "texts" | "structs" | undefined;
  /** In DNS answers: bytes up to v1.16, a type that encodes itself (netip.Addr) since. */
  readonly addresses: "bytes" | "binary" | undefined;
  /** Endpoints have a digest of their labels: up to v1.11. */
  readonly hasDigest: boolean;
  /** Records can be of Kafka: up to v1.19. */
  readonly hasKafka: boolean;
}

/** Reads them from the definitions of a stream; undefined where these are of no LogRecord. */
export function readLogRecordTypes(types: ReadonlyMap<number, WireType>): LogRecordTypes | undefined {
  const elementOf = (owner: string, name: string): number | undefined => {
    const id = findField(types, owner, name);
    return id === undefined ? undefined : types.get(id)?.slice?.element;
  };
  if (findField(types, "SourceEndpoint", "DestinationEndpoint") === undefined) return undefined;
  const label = elementOf("Identity", "Labels");
  const address = elementOf("QTypes", "IPs");
  return {
    labels: label === undefined ? undefined : label === TYPE_ID.string ? "texts" : "structs",
    addresses: address === undefined ? undefined : address === TYPE_ID.bytes ? "bytes" : "binary",
    hasDigest: findField(types, "Identity", "LabelsSHA256") !== undefined,
    hasKafka: findField(types, "SourceEndpoint", "Kafka") !== undefined,
  };
}

/** The type of field `name` of the struct that has a field `owner` too. */
function findField(types: ReadonlyMap<number, WireType>, owner: string, name: string): number | undefined {
  for (const { struct } of types.values())
    if (struct?.fields.some((field) => field.name === owner))
      return struct.fields.find((field) => field.name === name)?.id;
  return undefined;
}
