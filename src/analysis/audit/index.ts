export { auditExchange, auditFlow } from "./audit-exchange.ts";
export { TextAudit } from "./audit-text.ts";
export type { Finding } from "./finding.ts";
