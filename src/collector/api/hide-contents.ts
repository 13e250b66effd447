/**
 * A document without the bytes of bodies and messages, for whoever may not see them. Fields that hold content are told by their names
 * (`text`, `base64`: schema/document.schema.json); sizes stay.
 */
export function hideContents(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(hideContents);
  if (typeof value !== "object" || value === null) return value;
  const shown: Record<string, unknown> = {};
  for (const [name, one] of Object.entries(value)) if (!CONTENT.has(name)) shown[name] = hideContents(one);
  return shown;
}

const CONTENT: ReadonlySet<string> = new Set(["text", "base64"]);
