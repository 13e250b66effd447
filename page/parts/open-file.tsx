import { signal } from "@preact/signals";
import { FileSource } from "../source/file-source.ts";
import { go, openedFile } from "../state/app-state.ts";
import { formatBytes } from "../text/format.ts";

/** A file that is being read. */
const reading = signal<
  { name: string; read: number; size: number; rate: number; exchanges: number; abort: () => void } | undefined
>(undefined);
const fault = signal<string | undefined>(undefined);
const isOver = signal(false);

export function openFile(): void {
  const input = document.createElement("input");
  input.type = "file";
  input.onchange = () => {
    const [file] = input.files ?? [];
    if (file !== undefined) void readFile(file);
  };
  input.click();
}

/** Files may be dropped anywhere, or pasted. */
export function listenToFiles(): void {
  addEventListener("dragover", (event) => {
    event.preventDefault();
    isOver.value = event.dataTransfer?.types.includes("Files") === true;
  });
  addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) isOver.value = false;
  });
  addEventListener("drop", (event) => {
    event.preventDefault();
    isOver.value = false;
    const [file] = event.dataTransfer?.files ?? [];
    if (file !== undefined) void readFile(file);
  });
  addEventListener("paste", (event) => {
    const [file] = event.clipboardData?.files ?? [];
    if (file !== undefined) void readFile(file);
  });
}

async function readFile(file: File): Promise<void> {
  fault.value = undefined;
  const started = performance.now();
  const opened = new FileSource(file, ({ read, exchanges }) => {
    reading.value = {
      name: file.name,
      read,
      size: file.size,
      exchanges,
      rate: read / Math.max(0.001, (performance.now() - started) / 1000),
      abort: () => opened.stop(),
    };
  });
  try {
    await opened.done;
    openedFile.peek()?.close();
    openedFile.value = opened;
    go({ file: file.name, range: "all", filter: "", view: "exchanges", selected: undefined });
  } catch (error) {
    opened.close();
    fault.value = (error as Error).message;
  } finally {
    reading.value = undefined;
  }
}

function forget(): void {
  fault.value = undefined;
}

/** What is being read, or why it could not be. */
export function FileProgress() {
  const { name, read, size, rate, exchanges, abort } = reading.value ?? {};
  return (
    <>
      {isOver.value && <div class="drop">Drop it: it is read in this page, and nothing is sent.</div>}
      {name !== undefined && (
        <div class="reading" role="status">
          <span>
            {name}: {formatBytes(read!)} of {formatBytes(size!)}, {formatBytes(rate!)}/s, {exchanges} exchanges
          </span>
          <progress value={read} max={size} aria-label={`Reading ${name}`} />
          <button type="button" onClick={abort}>
            Stop here
          </button>
        </div>
      )}
      {fault.value !== undefined && (
        <div class="reading wrong" role="alert">
          {fault.value}
          <button type="button" onClick={forget}>
            Close
          </button>
        </div>
      )}
    </>
  );
}
