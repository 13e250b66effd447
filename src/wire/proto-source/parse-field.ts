import { create } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  DescriptorProtoSchema,
  type FieldDescriptorProto,
  FieldDescriptorProtoSchema,
  FieldOptionsSchema,
  FieldDescriptorProto_Label as Label,
  MessageOptionsSchema,
  OneofDescriptorProtoSchema,
  FieldDescriptorProto_Type as Type,
} from "@bufbuild/protobuf/wkt";
import { parseFeatureOption } from "./features.ts";
import type { TokenReader } from "./token-reader.ts";

const SCALAR_TYPES: Readonly<Record<string, Type>> = {
  double: Type.DOUBLE,
  float: Type.FLOAT,
  int64: Type.INT64,
  uint64: Type.UINT64,
  int32: Type.INT32,
  fixed64: Type.FIXED64,
  fixed32: Type.FIXED32,
  bool: Type.BOOL,
  string: Type.STRING,
  bytes: Type.BYTES,
  uint32: Type.UINT32,
  sfixed32: Type.SFIXED32,
  sfixed64: Type.SFIXED64,
  sint32: Type.SINT32,
  sint64: Type.SINT64,
};

/** `repeated .a.B name = 3 [packed = true];`, added to `message`. */
export function parseField(reader: TokenReader, syntax: string, message: DescriptorProto, oneofIndex?: number): void {
  const label = parseLabel(reader);
  const field = create(FieldDescriptorProtoSchema, {
    label: label ?? Label.OPTIONAL,
    ...parseType(reader),
    ...(oneofIndex !== undefined && { oneofIndex }),
  });
  parseRest(reader, message, field);
  if (label === Label.OPTIONAL && syntax === "proto3") addSyntheticOneof(message, field);
  message.field.push(field);
}

/** `map<string, B> name = 3;` is `repeated NameEntry name = 3;` with a message of its own (encoding, "Maps"). */
export function parseMapField(reader: TokenReader, message: DescriptorProto): void {
  reader.expect("map");
  reader.expect("<");
  const key = { name: "key", jsonName: "key", number: 1, label: Label.OPTIONAL, ...parseType(reader) };
  reader.expect(",");
  const value = { name: "value", jsonName: "value", number: 2, label: Label.OPTIONAL, ...parseType(reader) };
  reader.expect(">");
  const field = create(FieldDescriptorProtoSchema, { label: Label.REPEATED, type: Type.MESSAGE });
  parseRest(reader, message, field);
  const name = `${toCamelCase(`_${field.name}`)}Entry`;
  field.typeName = name;
  message.nestedType.push(
    create(DescriptorProtoSchema, {
      name,
      field: [key, value],
      options: create(MessageOptionsSchema, { mapEntry: true }),
    }),
  );
  message.field.push(field);
}

/** `optional group Name = 3 { … }` (proto2). False, with nothing taken, where none begins. */
export function parseGroup(
  reader: TokenReader,
  message: DescriptorProto,
  parseBody: (group: DescriptorProto) => void,
  oneofIndex?: number,
): boolean {
  if (!reader.isGroup()) return false;
  const label = parseLabel(reader) ?? Label.OPTIONAL;
  reader.expect("group");
  const typeName = reader.takeName("the name of a group");
  reader.expect("=");
  const name = typeName.toLowerCase();
  const number = parseNumber(reader, message, name);
  message.field.push(
    create(FieldDescriptorProtoSchema, {
      name,
      jsonName: toCamelCase(name),
      number,
      label,
      type: Type.GROUP,
      typeName,
      ...(oneofIndex !== undefined && { oneofIndex }),
    }),
  );
  const group = create(DescriptorProtoSchema, { name: typeName });
  parseBody(group);
  message.nestedType.push(group);
  return true;
}

export function parseOneof(
  reader: TokenReader,
  syntax: string,
  message: DescriptorProto,
  parseBody: (group: DescriptorProto) => void,
): void {
  const index = message.oneofDecl.length;
  message.oneofDecl.push(create(OneofDescriptorProtoSchema, { name: reader.takeName("the name of a oneof") }));
  reader.expect("{");
  while (!reader.skip("}")) {
    if (reader.skip(";")) continue;
    if (reader.is("option")) reader.skipStatement();
    else if (!parseGroup(reader, message, parseBody, index)) parseField(reader, syntax, message, index);
  }
}

/** Undefined where there is none. */
function parseLabel(reader: TokenReader): Label | undefined {
  if (reader.skip("repeated")) return Label.REPEATED;
  if (reader.skip("required")) return Label.REQUIRED;
  return reader.skip("optional") ? Label.OPTIONAL : undefined;
}

/** A scalar, or the name of a message or an enum that is told apart when files are linked. */
function parseType(reader: TokenReader): { type?: Type; typeName?: string } {
  const name = reader.takeTypeName();
  const type = SCALAR_TYPES[name];
  return type === undefined ? { typeName: name } : { type };
}

/** The name, the number and the options. */
function parseRest(reader: TokenReader, message: DescriptorProto, field: FieldDescriptorProto): void {
  field.name = reader.takeName("the name of a field");
  field.jsonName = toCamelCase(field.name);
  reader.expect("=");
  field.number = parseNumber(reader, message, field.name);
  if (reader.skip("[")) {
    do parseOption(reader, field);
    while (reader.skip(","));
    reader.expect("]");
  }
  reader.expect(";");
}

/** A field's number, which no other of the message may have (Language Specification, "Assigning Field Numbers"). */
function parseNumber(reader: TokenReader, message: DescriptorProto, name: string): number {
  const place = reader.next;
  const number = reader.takeInteger("a field number");
  if (number < 1 || number > MAX_NUMBER) reader.fail(`${number} is no field number: 1 to ${MAX_NUMBER} are`, place);
  if (number >= 19_000 && number < 20_000)
    reader.fail(`${number} is no field number: 19000 to 19999 are reserved for protobuf itself`, place);
  const taken = NUMBERS.get(message) ?? new Map<number, string>();
  const other = taken.get(number);
  if (other !== undefined) reader.fail(`field number ${number} of ${name} is that of ${other} already`, place);
  NUMBERS.set(message, taken.set(number, name));
  return number;
}

const MAX_NUMBER = 2 ** 29 - 1;

/** The names of the fields that have the numbers of messages that are being read. */
const NUMBERS = new WeakMap<DescriptorProto, Map<number, string>>();

function parseOption(reader: TokenReader, field: FieldDescriptorProto): void {
  if (reader.is("packed") || reader.is("json_name")) {
    const name = reader.take().text;
    reader.expect("=");
    if (name === "json_name") field.jsonName = reader.takeString("a name");
    else field.options = { ...(field.options ?? create(FieldOptionsSchema)), packed: reader.take().text === "true" };
    return;
  }
  const features = parseFeatureOption(reader);
  if (features === undefined) return;
  field.options ??= create(FieldOptionsSchema);
  field.options.features = { ...field.options.features, ...features };
}

/** proto3's `optional` is a oneof of its own (descriptor.proto, proto3_optional). */
function addSyntheticOneof(message: DescriptorProto, field: FieldDescriptorProto): void {
  field.proto3Optional = true;
  field.oneofIndex = message.oneofDecl.length;
  message.oneofDecl.push(create(OneofDescriptorProtoSchema, { name: `_${field.name}` }));
}

/** `foo_bar` becomes `fooBar`, as ProtoJSON names fields. */
function toCamelCase(name: string): string {
  return name.replace(/_+(.?)/g, (_all, letter: string) => letter.toUpperCase());
}
