export { DNS_HEADER_BYTES, decodeDnsMessage } from "./decode-dns-message.ts";
export { DnsFramer, type OnDnsMessage } from "./dns-framer.ts";
export { dnsClassName, dnsOpcodeName, dnsRcodeName, dnsTypeName, ednsOptionName } from "./dns-names.ts";
