import assert from "node:assert/strict";
import { test } from "node:test";
import type { DescMessage } from "@bufbuild/protobuf";
import { TraceWrapperSchema } from "./gen/envoy/data/tap/v3/trace_pb.js";
import type { MessageSchema } from "./read/document/schema.ts";
import { TRACE_WRAPPER } from "./trace.ts";

test("each message's rows are the fields of Envoy's .proto files", () => {
  let messages = 0;
  const compare = (message: DescMessage, schema: MessageSchema): void => {
    messages++;
    assert.deepEqual(
      schema.inOrder.map(({ name, number }) => `${name}=${number}`),
      message.fields.map(({ name, number }) => `${name}=${number}`),
      message.typeName,
    );
    for (const field of message.fields) {
      const { type, trait } = schema.fields.get(field.name)!;
      const isMessage = field.message !== undefined;
      assert.equal(typeof type === "string", !isMessage, field.toString());
      assert.equal(trait === "repeated", field.fieldKind === "list", field.toString());
      if (field.message !== undefined && typeof type !== "string") compare(field.message, type);
    }
  };
  compare(TraceWrapperSchema, TRACE_WRAPPER);
  assert.ok(messages > 30, `${messages} messages`);
});
