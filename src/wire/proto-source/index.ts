export { linkFiles } from "./link-files.ts";
export { parseProto } from "./parse-proto.ts";
export { WELL_KNOWN_FILES } from "./well-known-files.ts";
