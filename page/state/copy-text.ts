/**
 * Puts a text on the clipboard, also where the page came over plain HTTP from another machine: browsers have no `navigator.clipboard` there.
 * @throws Error where the browser refuses
 */
export async function copyText(text: string): Promise<void> {
  if (navigator.clipboard !== undefined) return navigator.clipboard.writeText(text);
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "visually-hidden";
  const before = document.activeElement;
  document.body.append(field);
  try {
    field.select();
    if (!document.execCommand("copy")) throw new Error("this browser copies nothing from a page that came without TLS");
  } finally {
    field.remove();
    if (before instanceof HTMLElement) before.focus();
  }
}
