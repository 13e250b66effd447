import {
  type DescriptorProto,
  type FieldDescriptorProto,
  type FileDescriptorProto,
  FieldDescriptorProto_Type as Type,
} from "@bufbuild/protobuf/wkt";
import { TaplineError } from "../../model/index.ts";

/**
 * Gives every name of a type in `files` its full form, and fields of messages and enums their kind: a name is looked for in the
 * scope that it stands in, then in the scopes around it (Language Specification, "Packages and Name Resolution").
 *
 * @param files changed in place
 * @param all these files and all that they import
 * @throws TaplineError (`input`) where there is no such type
 */
export function linkFiles(files: readonly FileDescriptorProto[], all: readonly FileDescriptorProto[]): void {
  const types = new Map<string, "message" | "enum">();
  for (const file of all) {
    for (const { name } of file.enumType) types.set(join(file.package, name), "enum");
    for (const message of file.messageType) collectTypes(types, join(file.package, message.name), message);
  }
  for (const file of files) {
    for (const message of file.messageType) linkMessage(types, file, join(file.package, message.name), message);
    for (const service of file.service)
      for (const method of service.method) {
        method.inputType = resolve(types, file, file.package, method.inputType).fullName;
        method.outputType = resolve(types, file, file.package, method.outputType).fullName;
      }
  }
}

function collectTypes(types: Map<string, "message" | "enum">, fullName: string, message: DescriptorProto): void {
  types.set(fullName, "message");
  for (const { name } of message.enumType) types.set(join(fullName, name), "enum");
  for (const nested of message.nestedType) collectTypes(types, join(fullName, nested.name), nested);
}

function linkMessage(
  types: ReadonlyMap<string, "message" | "enum">,
  file: FileDescriptorProto,
  scope: string,
  message: DescriptorProto,
): void {
  for (const field of message.field) linkField(types, file, scope, field);
  for (const nested of message.nestedType) linkMessage(types, file, join(scope, nested.name), nested);
}

function linkField(
  types: ReadonlyMap<string, "message" | "enum">,
  file: FileDescriptorProto,
  scope: string,
  field: FieldDescriptorProto,
): void {
  if (field.typeName === "") return;
  const { fullName, kind } = resolve(types, file, scope, field.typeName);
  field.typeName = fullName;
  if (field.type !== Type.GROUP) field.type = kind === "enum" ? Type.ENUM : Type.MESSAGE;
}

function resolve(
  types: ReadonlyMap<string, "message" | "enum">,
  file: FileDescriptorProto,
  scope: string,
  name: string,
): { fullName: string; kind: "message" | "enum" } {
  if (name.startsWith(".")) {
    const kind = types.get(name.slice(1));
    if (kind !== undefined) return { fullName: name, kind };
  } else
    for (let around: string | undefined = scope; around !== undefined; around = parentOf(around)) {
      const kind = types.get(join(around, name));
      if (kind !== undefined) return { fullName: `.${join(around, name)}`, kind };
    }
  throw new TaplineError("input", `${name} is no type that this file or its imports define`, {
    place: { file: file.name },
  });
}

function parentOf(scope: string): string | undefined {
  return scope === "" ? undefined : scope.slice(0, Math.max(0, scope.lastIndexOf(".")));
}

function join(scope: string, name: string): string {
  return scope === "" ? name : `${scope}.${name}`;
}
