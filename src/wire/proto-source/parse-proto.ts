import { create } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  DescriptorProtoSchema,
  Edition,
  type EnumDescriptorProto,
  EnumDescriptorProtoSchema,
  EnumOptionsSchema,
  EnumValueDescriptorProtoSchema,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileOptionsSchema,
  type MethodDescriptorProto,
  MethodDescriptorProtoSchema,
  type ServiceDescriptorProto,
  ServiceDescriptorProtoSchema,
  SymbolVisibility,
} from "@bufbuild/protobuf/wkt";
import { parseFeature } from "./features.ts";
import { parseField, parseGroup, parseMapField, parseOneof } from "./parse-field.ts";
import { TokenReader } from "./token-reader.ts";
import type { Token } from "./tokenizer.ts";

/**
 * Parses a `.proto` file (proto2, proto3 and editions) as far as messages on the wire need it: packages, imports, messages,
 * enums, services. Options that change nothing on the wire or in ProtoJSON, extensions and ranges are passed over. The names
 * of types are as they stand: see `linkFiles`.
 *
 * @throws TaplineError (`input`) with the place of what is wrong
 */
export function parseProto(name: string, source: string): FileDescriptorProto {
  const reader = new TokenReader(name, source);
  const file = create(FileDescriptorProtoSchema, { name });
  while (reader.next.kind !== "end") parseTopLevel(reader, file);
  return file;
}

function parseTopLevel(reader: TokenReader, file: FileDescriptorProto): void {
  if (reader.skip(";")) return;
  if (reader.skip("syntax")) {
    reader.expect("=");
    if (reader.next.text !== "proto2" && reader.next.text !== "proto3") reader.fail('expected "proto2" or "proto3"');
    const syntax = reader.takeString("the syntax");
    // Descriptors do not name proto2, the default.
    if (syntax === "proto3") file.syntax = syntax;
    reader.expect(";");
  } else if (reader.skip("edition")) {
    reader.expect("=");
    const edition = EDITIONS[reader.next.text];
    if (edition === undefined) reader.fail('expected "2023" or "2024"');
    reader.takeString("the edition");
    file.syntax = "editions";
    file.edition = edition;
    reader.expect(";");
  } else if (reader.skip("package")) {
    file.package = reader.takeTypeName();
    reader.expect(";");
  } else if (reader.skip("import")) parseImport(reader, file);
  else if (reader.is("option")) {
    const features = parseFeature(reader);
    if (features !== undefined) {
      file.options ??= create(FileOptionsSchema);
      file.options.features = { ...file.options.features, ...features };
    }
  } else if (reader.is("extend")) reader.skipStatement();
  else if (reader.skip("service")) file.service.push(parseService(reader));
  else if (!parseType(reader, file.edition, file.syntax, file.messageType, file.enumType))
    reader.fail("expected a message, an enum, a service, an import or an option");
}

const EDITIONS: Readonly<Record<string, Edition>> = { "2023": Edition.EDITION_2023, "2024": Edition.EDITION_2024 };

/** `import public "x.proto";` and its like. What only custom options need (`import option`) is not among the dependencies. */
function parseImport(reader: TokenReader, file: FileDescriptorProto): void {
  if (file.edition === Edition.EDITION_2024 && reader.skip("option")) {
    file.optionDependency.push(reader.takeString("the name of a file"));
  } else {
    if (reader.skip("public")) file.publicDependency.push(file.dependency.length);
    else reader.skip("weak");
    file.dependency.push(reader.takeString("the name of a file"));
  }
  reader.expect(";");
}

/** A message or an enum, from edition 2024 on perhaps with who may use it before it. False, with nothing taken, where none begins. */
function parseType(
  reader: TokenReader,
  edition: Edition,
  syntax: string,
  messages: DescriptorProto[],
  enums: EnumDescriptorProto[],
): boolean {
  const visibility =
    edition === Edition.EDITION_2024 && reader.isVisibility() ? VISIBILITIES[reader.take().text]! : undefined;
  const list = reader.skip("message") ? messages : reader.skip("enum") ? enums : undefined;
  if (list === undefined) return false;
  const type = list === messages ? parseMessage(reader, edition, syntax) : parseEnum(reader);
  if (visibility !== undefined) type.visibility = visibility;
  (list as (typeof type)[]).push(type);
  return true;
}

const VISIBILITIES: Readonly<Record<string, SymbolVisibility>> = {
  export: SymbolVisibility.VISIBILITY_EXPORT,
  local: SymbolVisibility.VISIBILITY_LOCAL,
};

function parseMessage(reader: TokenReader, edition: Edition, syntax: string): DescriptorProto {
  const message = create(DescriptorProtoSchema, { name: reader.takeName("the name of a message") });
  parseMessageBody(reader, edition, syntax, message);
  return message;
}

function parseMessageBody(reader: TokenReader, edition: Edition, syntax: string, message: DescriptorProto): void {
  reader.expect("{");
  while (!reader.skip("}")) {
    if (reader.skip(";")) continue;
    const parseBody = (group: DescriptorProto) => parseMessageBody(reader, edition, syntax, group);
    if (parseType(reader, edition, syntax, message.nestedType, message.enumType)) continue;
    if (reader.skip("oneof")) parseOneof(reader, syntax, message, parseBody);
    else if (["option", "reserved", "extensions", "extend"].some((word) => reader.is(word))) reader.skipStatement();
    else if (reader.is("map")) parseMapField(reader, message);
    else if (!parseGroup(reader, message, parseBody)) parseField(reader, syntax, message);
  }
}

function parseEnum(reader: TokenReader): EnumDescriptorProto {
  const descriptor = create(EnumDescriptorProtoSchema, { name: reader.takeName("the name of an enum") });
  const names = new Map<number, string>();
  let allowAlias = false;
  let alias: { place: Token; text: string } | undefined;
  reader.expect("{");
  while (!reader.skip("}")) {
    if (reader.skip(";")) continue;
    if (reader.is("option")) allowAlias = parseAllowAlias(reader) ?? allowAlias;
    else if (reader.is("reserved")) reader.skipStatement();
    else {
      const name = reader.takeName("the name of a value");
      reader.expect("=");
      const place = reader.next;
      const number = reader.takeInteger("a number");
      descriptor.value.push(create(EnumValueDescriptorProtoSchema, { name, number }));
      const other = names.get(number);
      if (other !== undefined) alias ??= { place, text: `${name} has the number of ${other}` };
      else names.set(number, name);
      reader.skipStatement();
    }
  }
  // The option may stand behind the values that it is for.
  if (alias !== undefined && !allowAlias)
    reader.fail(`${alias.text}; if that is meant, add: option allow_alias = true;`, alias.place);
  if (allowAlias) descriptor.options = create(EnumOptionsSchema, { allowAlias });
  return descriptor;
}

/** `option allow_alias = true;`; undefined where it is another option. */
function parseAllowAlias(reader: TokenReader): boolean | undefined {
  reader.expect("option");
  const value = reader.skip("allow_alias") && reader.skip("=") ? reader.is("true") : undefined;
  reader.skipStatement();
  return value;
}

function parseService(reader: TokenReader): ServiceDescriptorProto {
  const service = create(ServiceDescriptorProtoSchema, { name: reader.takeName("the name of a service") });
  reader.expect("{");
  while (!reader.skip("}")) {
    if (reader.skip(";")) continue;
    if (reader.is("option")) reader.skipStatement();
    else {
      reader.expect("rpc");
      service.method.push(parseMethod(reader));
    }
  }
  return service;
}

function parseMethod(reader: TokenReader): MethodDescriptorProto {
  const name = reader.takeName("the name of a method");
  const [clientStreaming, inputType] = parseMethodType(reader);
  reader.expect("returns");
  const [serverStreaming, outputType] = parseMethodType(reader);
  if (reader.is("{")) reader.skipStatement();
  else reader.expect(";");
  return create(MethodDescriptorProtoSchema, {
    name,
    inputType,
    outputType,
    ...(clientStreaming && { clientStreaming }),
    ...(serverStreaming && { serverStreaming }),
  });
}

function parseMethodType(reader: TokenReader): [streaming: boolean, type: string] {
  reader.expect("(");
  const streaming = reader.skip("stream");
  const type = reader.takeTypeName();
  reader.expect(")");
  return [streaming, type];
}
