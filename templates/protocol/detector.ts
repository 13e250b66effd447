import { type DetectionSample, NEEDS_MORE, NOT_DETECTED, type ProtocolDetector } from "../protocol-detector.ts";
import { TemplateAnalyzer } from "./template-analyzer.ts";

/**
 * Recognises the protocol by how its lines begin: `ASK ` from the client, `YES ` or `NO ` from the server. Bytes of anything else have
 * to be refused, and as early as they tell: while a detector says `more`, everything is held back.
 */
export const TEMPLATE_DETECTOR: ProtocolDetector = {
  protocol: "template/1",
  detect({ data, sender, fromStart }: DetectionSample) {
    // In the middle of a line nothing tells.
    if (!fromStart) return NOT_DETECTED;
    let more = false;
    for (const { word, from } of BEGINNINGS) {
      if (sender !== undefined && sender !== from) continue;
      const seen = Math.min(word.length, data.length);
      if (!startsWith(data, word.slice(0, seen))) continue;
      if (seen === word.length) return { verdict: "yes", sender: from };
      more = true;
    }
    return more ? NEEDS_MORE : NOT_DETECTED;
  },
  create: (context) => new TemplateAnalyzer(context),
};

const BEGINNINGS = [
  { word: "ASK ", from: "client" },
  { word: "YES ", from: "server" },
  { word: "NO ", from: "server" },
] as const;

function startsWith(data: Uint8Array, word: string): boolean {
  for (let i = 0; i < word.length; i++) if (data[i] !== word.charCodeAt(i)) return false;
  return true;
}
