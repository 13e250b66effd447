import type { HttpExchange } from "../../../model/index.ts";
import type { HarCodec } from "../../protocols/har-codec.ts";
import { harEntry } from "./har-entry.ts";
import { readHarEntry } from "./read-har-entry.ts";

export const HTTP_HAR: HarCodec<HttpExchange> = { write: harEntry, read: readHarEntry };
