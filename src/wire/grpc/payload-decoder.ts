import { create, createFileRegistry, type FileRegistry, fromBinary, type JsonValue, toJson } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { TaplineError } from "../../model/index.ts";

/** The result of decoding a message's bytes: ProtoJSON, or why there is none. */
export type DecodedPayload =
  | { readonly type: string; readonly json: JsonValue }
  | { readonly type?: string; readonly error: string };

/**
 * Decodes gRPC messages by the services of a descriptor set. Imports the protobuf runtime: load it when it is needed.
 */
export class GrpcPayloadDecoder {
  readonly #registry: FileRegistry;

  /**
   * @param descriptorSets serialised `google.protobuf.FileDescriptorSet`s with their imports (`protoc --include_imports -o`,
   *   `buf build -o`); of files that are in several of them, the first counts
   * @throws TaplineError (`input`) where one is not such a set, or a file that it imports is missing
   */
  constructor(descriptorSets: readonly Uint8Array[]) {
    const files = new Map<string, FileDescriptorProto>();
    try {
      for (const set of descriptorSets)
        for (const file of fromBinary(FileDescriptorSetSchema, set).file)
          if (!files.has(file.name)) files.set(file.name, file);
      this.#registry = createFileRegistry(create(FileDescriptorSetSchema, { file: [...files.values()] }));
    } catch (error) {
      throw new TaplineError("input", `no descriptor set: ${error instanceof Error ? error.message : String(error)}`, {
        hint: "make one with: protoc --include_imports -o set.binpb FILE.proto",
        cause: error,
      });
    }
  }

  /** The names of the services that are known: `package.Service`. */
  listServices(): string[] {
    return [...this.#registry].filter((type) => type.kind === "service").map((type) => type.typeName);
  }

  /**
   * Decodes one message of a call.
   *
   * @param path of the request: `/package.Service/Method`
   * @param from who sent the message
   * @param bytes of the whole message, decompressed
   */
  decode(path: string, from: "client" | "server", bytes: Uint8Array): DecodedPayload {
    const [, service = "", name = ""] = /^.*?\/([^/]+)\/([^/?]+)/.exec(path) ?? [];
    const method = this.#registry.getService(service)?.methods.find((candidate) => candidate.name === name);
    if (method === undefined) return { error: `no method ${path} in the descriptors` };
    const schema = from === "client" ? method.input : method.output;
    try {
      return { type: schema.typeName, json: toJson(schema, fromBinary(schema, bytes), { registry: this.#registry }) };
    } catch (error) {
      return { type: schema.typeName, error: error instanceof Error ? error.message : String(error) };
    }
  }
}
