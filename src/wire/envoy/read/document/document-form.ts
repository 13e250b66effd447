/** How a document of messages is written: protobuf's JSON, or its text format. */
export type DocumentForm = "json" | "text";
