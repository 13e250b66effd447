import type { FieldSchema, MessageSchema } from "../read/document/schema.ts";

export type Write = (message: never) => void;

/** Makes a writer of messages from writers of their fields, once a schema, so that writing asks for no field's type. */
export function compileMessages(compileField: (field: FieldSchema) => Write): (schema: MessageSchema) => Write {
  const compiled = new Map<MessageSchema, Write>();
  return (schema) => {
    let write = compiled.get(schema);
    if (write === undefined) {
      const fields = schema.inOrder.map(compileField);
      write = (message) => {
        for (let index = 0; index < fields.length; index++) fields[index]!(message);
      };
      compiled.set(schema, write);
    }
    return write;
  };
}
