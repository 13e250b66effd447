import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { show } from "../state/app-state.ts";

/** A dialog that Escape closes, and that gives the focus back. */
export function ModalDialog({ title, children }: { title: string; children: ComponentChildren }) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const own = element.current!;
    own.showModal();
    return () => {
      // Whoever pressed the next key before this was gone is where that leads already.
      const { activeElement } = document;
      if (activeElement === null || activeElement === document.body || own.contains(activeElement))
        document.querySelector<HTMLElement>(".scroller")?.focus();
    };
  }, []);
  return (
    <dialog ref={element} aria-label={title} onClose={() => show(undefined)}>
      <h2>{title}</h2>
      {children}
      <button type="button" onClick={() => element.current!.close()}>
        Close
      </button>
    </dialog>
  );
}
