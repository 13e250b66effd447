/**
 * Runs in the page before its own scripts, and tells when something is shown, in milliseconds: after the frame that has it was painted. As a
 * text, since the types of a browser are not those of Node.
 */
const PROBE = `
globalThis.probe = (() => {
  const seen = { longTasks: [] };
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) seen.longTasks.push({ startTime, duration });
  }).observe({ type: "longtask", buffered: true });
  const painted = () => new Promise((resolve) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => resolve(performance.now());
    port2.postMessage(0);
  }));
  const when = (condition) => new Promise((resolve) => {
    const look = () => {
      if (!condition()) return;
      observer.disconnect();
      resolve(painted());
    };
    const observer = new MutationObserver(look);
    observer.observe(document, { childList: true, subtree: true, characterData: true, attributes: true });
    look();
  });
  const rows = () => document.querySelectorAll(".rows .row:not(.grey)");
  const editor = () => document.querySelector(".editor")?.shadowRoot?.querySelector(".cm-content") != null;
  return {
    seen,
    async opened() {
      const shown = await when(() => rows().length > 0);
      while (!editor()) await new Promise((resolve) => requestAnimationFrame(resolve));
      const paint = performance.getEntriesByName("first-contentful-paint")[0]?.startTime;
      return { paint, rows: shown, editor: await painted() };
    },
    /** From a new filter to its first rows, or to the words that there are none. */
    async filtered(hash) {
      const before = new Set(rows());
      const began = performance.now();
      location.hash = hash;
      return (await when(() => [...rows()].some((row) => !before.has(row)) || document.querySelector(".empty") !== null)) - began;
    },
    /** From a key to what the next exchange is like. */
    async detailed() {
      const text = () => document.querySelector(".detail .verdict") && document.querySelector(".detail .panel").textContent;
      const before = text();
      const began = performance.now();
      document.querySelector(".scroller").dispatchEvent(new KeyboardEvent("keydown", { key: "j", bubbles: true }));
      return (await when(() => text() && text() !== before)) - began;
    },
    /** To the end of what is there, again and again, until there is so much. */
    async scrollUntil(count) {
      const box = document.querySelector(".scroller");
      while (Number(box.getAttribute("aria-rowcount")) <= count) {
        const there = box.getAttribute("aria-rowcount");
        box.scrollTop = box.scrollHeight;
        await when(() => box.getAttribute("aria-rowcount") !== there);
      }
    },
    /** Steadily up or down, so many pixels a frame. */
    async scrollBy(pixels, frames) {
      const box = document.querySelector(".scroller");
      for (let frame = 0; frame < frames; frame++) {
        box.scrollTop += pixels;
        await new Promise((resolve) => requestAnimationFrame(resolve));
      }
    },
  };
})();
`;

export interface Opened {
  readonly paint: number;
  readonly rows: number;
  readonly editor: number;
}

export { PROBE };
