import { create } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  DescriptorProtoSchema,
  Edition,
  type EnumDescriptorProto,
  EnumDescriptorProtoSchema,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileOptionsSchema,
  type MethodDescriptorProto,
  MethodDescriptorProtoSchema,
  type ServiceDescriptorProto,
  ServiceDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt";
import { parseFeature } from "./features.ts";
import { parseField, parseGroup, parseMapField, parseOneof } from "./parse-field.ts";
import { TokenReader } from "./token-reader.ts";

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
    // Of proto2, which is the default, descriptors say nothing.
    if (syntax === "proto3") file.syntax = syntax;
    reader.expect(";");
  } else if (reader.skip("edition")) {
    reader.expect("=");
    const edition = reader.takeString("the edition");
    file.syntax = "editions";
    file.edition = edition === "2023" ? Edition.EDITION_2023 : Edition.EDITION_2024;
    reader.expect(";");
  } else if (reader.skip("package")) {
    file.package = reader.takeTypeName();
    reader.expect(";");
  } else if (reader.skip("import")) {
    const isPublic = reader.skip("public");
    if (!isPublic) reader.skip("weak");
    if (isPublic) file.publicDependency.push(file.dependency.length);
    file.dependency.push(reader.takeString("the name of a file"));
    reader.expect(";");
  } else if (reader.is("option")) {
    const features = parseFeature(reader);
    if (features !== undefined) {
      file.options ??= create(FileOptionsSchema);
      file.options.features = { ...file.options.features, ...features };
    }
  } else if (reader.skip("message")) file.messageType.push(parseMessage(reader, file.syntax));
  else if (reader.skip("enum")) file.enumType.push(parseEnum(reader));
  else if (reader.skip("service")) file.service.push(parseService(reader));
  else if (reader.is("extend")) reader.skipStatement();
  else reader.fail("expected a message, an enum, a service, an import or an option");
}

function parseMessage(reader: TokenReader, syntax: string): DescriptorProto {
  const message = create(DescriptorProtoSchema, { name: reader.takeName("the name of a message") });
  parseMessageBody(reader, syntax, message);
  return message;
}

function parseMessageBody(reader: TokenReader, syntax: string, message: DescriptorProto): void {
  reader.expect("{");
  while (!reader.skip("}")) {
    if (reader.skip(";")) continue;
    const parseBody = (group: DescriptorProto) => parseMessageBody(reader, syntax, group);
    if (reader.skip("message")) message.nestedType.push(parseMessage(reader, syntax));
    else if (reader.skip("enum")) message.enumType.push(parseEnum(reader));
    else if (reader.skip("oneof")) parseOneof(reader, syntax, message, parseBody);
    else if (["option", "reserved", "extensions", "extend"].some((word) => reader.is(word))) reader.skipStatement();
    else if (reader.is("map")) parseMapField(reader, message);
    else if (!parseGroup(reader, message, parseBody)) parseField(reader, syntax, message);
  }
}

function parseEnum(reader: TokenReader): EnumDescriptorProto {
  const descriptor = create(EnumDescriptorProtoSchema, { name: reader.takeName("the name of an enum") });
  reader.expect("{");
  while (!reader.skip("}")) {
    if (reader.skip(";")) continue;
    if (reader.is("option") || reader.is("reserved")) {
      reader.skipStatement();
      continue;
    }
    const name = reader.takeName("the name of a value");
    reader.expect("=");
    descriptor.value.push({
      $typeName: "google.protobuf.EnumValueDescriptorProto",
      name,
      number: reader.takeInteger("a number"),
    });
    reader.skipStatement();
  }
  // protobuf-es wants to know that two names may have one number.
  if (new Set(descriptor.value.map(({ number }) => number)).size < descriptor.value.length)
    descriptor.options = {
      $typeName: "google.protobuf.EnumOptions",
      allowAlias: true,
      deprecated: false,
      deprecatedLegacyJsonFieldConflicts: false,
      uninterpretedOption: [],
    };
  return descriptor;
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
