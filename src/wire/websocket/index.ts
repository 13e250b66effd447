export { type FrameHandler, type FrameHeader, FrameParser, looksLikeFrames, OPCODES } from "./frame-parser.ts";
export { type DeflateParameters, readDeflateParameters } from "./permessage-deflate.ts";
