import { create } from "@bufbuild/protobuf";
import {
  type FeatureSet,
  FeatureSet_EnumType,
  FeatureSet_FieldPresence,
  FeatureSet_MessageEncoding,
  FeatureSet_RepeatedFieldEncoding,
  FeatureSetSchema,
} from "@bufbuild/protobuf/wkt";
import type { TokenReader } from "./token-reader.ts";

/** `option name = value;`: gives the feature that it sets, or undefined where it is another option. */
export function parseFeature(reader: TokenReader): FeatureSet | undefined {
  reader.expect("option");
  if (!isFeature(reader)) {
    reader.skipStatement();
    return undefined;
  }
  const features = parseFeatureOption(reader);
  reader.expect(";");
  return features;
}

/** `name = value` in the brackets of a field: gives the feature that it sets, or undefined where it is another option. */
export function parseFeatureOption(reader: TokenReader): FeatureSet | undefined {
  const name = isFeature(reader) ? reader.take().text : undefined;
  if (name === undefined) {
    skipOption(reader);
    return undefined;
  }
  reader.expect("=");
  const value = reader.takeName("a feature's value");
  const key = name.slice("features.".length);
  switch (key) {
    case "field_presence":
      return create(FeatureSetSchema, { fieldPresence: pick(FeatureSet_FieldPresence, value) });
    case "repeated_field_encoding":
      return create(FeatureSetSchema, { repeatedFieldEncoding: pick(FeatureSet_RepeatedFieldEncoding, value) });
    case "message_encoding":
      return create(FeatureSetSchema, { messageEncoding: pick(FeatureSet_MessageEncoding, value) });
    case "enum_type":
      return create(FeatureSetSchema, { enumType: pick(FeatureSet_EnumType, value) });
    default:
      return undefined;
  }
}

function isFeature(reader: TokenReader): boolean {
  return reader.next.kind === "word" && reader.next.text.startsWith("features.");
}

function pick<Value>(values: Record<string, Value | string>, name: string): Value {
  return values[name] as Value;
}

/** Any option's name and value, up to the comma or bracket that ends it. */
function skipOption(reader: TokenReader): void {
  for (let depth = 0; reader.next.kind !== "end"; reader.take()) {
    const { kind, text } = reader.next;
    if (kind !== "symbol") continue;
    if (depth === 0 && (text === "," || text === "]")) return;
    if (text === "{" || text === "[" || text === "(") depth++;
    if (text === "}" || text === "]" || text === ")") depth--;
  }
}
