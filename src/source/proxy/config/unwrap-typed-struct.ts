import type { DocumentNode, MappingEntry } from "../../../wire/config-document/index.ts";

/**
 * An extension whose `typed_config` is a `TypedStruct` (of udpa or xds), as control planes write what they do not know themselves:
 * the message that it stands for, with that message's type.
 */
export function unwrapTypedStruct(node: DocumentNode): DocumentNode {
  if (node.kind !== "mapping") return node;
  const entries = node.entries.map((entry) =>
    isTypedConfig(entry) ? { ...entry, value: unwrap(entry.value) } : entry,
  );
  return { ...node, entries };
}

function isTypedConfig({ key }: MappingEntry): boolean {
  return key === "typed_config" || key === "typedConfig";
}

function unwrap(config: DocumentNode): DocumentNode {
  if (config.kind !== "mapping") return config;
  const find = (...names: string[]) => config.entries.find(({ key }) => names.includes(key));
  const type = find("@type");
  if (type?.value.kind !== "scalar" || !/(?:udpa\.type\.v1|xds\.type\.v3)\.TypedStruct$/.test(String(type.value.value)))
    return config;
  const url = find("type_url", "typeUrl");
  const value = find("value");
  if (url === undefined) return config;
  const fields = value?.value.kind === "mapping" ? value.value.entries : [];
  return { ...config, entries: [{ ...url, key: "@type" }, ...fields] };
}
