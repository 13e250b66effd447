import { readStringMatcher } from "../../../../tap/config/read-header-matcher.ts";
import { compileStringMatcher } from "../../../../tap/match/compile-header-matcher.ts";
import { type DocumentNode, MessageReader, readEach, refuse } from "../../../../wire/config-document/index.ts";
import { MUTATION, MUTATIONS, REMOVE_ON_MATCH } from "../fields/http-filter-fields.ts";
import { isFixedHeader, readHeaderAddition } from "./read-header-addition.ts";
import type { HeaderMutation, Mutations } from "./route-table.ts";

/** Reads `Mutations` of `envoy.extensions.filters.http.header_mutation.v3`, none where it is not there. Throws TaplineError (`configuration`). */
export function readMutations(node: DocumentNode | undefined): Mutations {
  const message = node && new MessageReader(node, MUTATIONS);
  const read = (field: (typeof MUTATIONS.fields)[number]) =>
    message === undefined ? [] : readEach(message.list(field), readMutation);
  return {
    requestHeaders: read("request_mutations"),
    responseHeaders: read("response_mutations"),
    requestTrailers: read("request_trailers_mutations"),
    responseTrailers: read("response_trailers_mutations"),
  };
}

function readMutation(node: DocumentNode): HeaderMutation {
  const message = new MessageReader(node, MUTATION);
  switch (message.requiredOneOf("remove", "append", "remove_on_match")) {
    case "append":
      return { kind: "add", addition: readHeaderAddition(message.requiredNode("append")) };
    case "remove": {
      const name = (message.string("remove") ?? "").toLowerCase();
      if (isFixedHeader(name)) refuseFixed(message, "remove", name);
      return { kind: "remove", name };
    }
    case "remove_on_match": {
      const names = readStringMatcher(
        new MessageReader(message.requiredNode("remove_on_match"), REMOVE_ON_MATCH).requiredNode("key_matcher"),
      );
      const fixed = FIXED.find(compileStringMatcher(names));
      if (fixed !== undefined) refuseFixed(message, "remove_on_match", fixed);
      return { kind: "remove-matching", names };
    }
  }
}

const FIXED = [":authority", ":method", ":path", ":scheme", ":status", ":protocol"];

function refuseFixed(
  message: MessageReader<(typeof MUTATION.fields)[number]>,
  field: "remove" | "remove_on_match",
  name: string,
): never {
  return refuse(
    message.placeOf(field),
    `HeaderMutation: ${field}: a message without ${name} cannot be sent`,
    "leave it out: Envoy answers every request with an error",
  );
}
