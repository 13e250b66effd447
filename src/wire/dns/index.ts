export { DNS_HEADER_BYTES, decodeDnsMessage } from "./decode-dns-message.ts";
export { type DnsFrameHandler, DnsFramer } from "./dns-framer.ts";
export type { DnsMessage, DnsQuestion, DnsRecord, Edns } from "./dns-message.ts";
export { dnsClassName, dnsOpcodeName, dnsRcodeName, dnsTypeName, ednsOptionName } from "./dns-names.ts";
