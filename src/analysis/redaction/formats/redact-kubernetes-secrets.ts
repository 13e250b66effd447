import { measureStructure } from "../content/measure-value.ts";
import type { TextRedaction } from "../text-redaction.ts";

/** Kubernetes' Secrets, in JSON and YAML: every value of `data` and `stringData`, whatever it is called. */
export function redactKubernetesSecrets(text: string, redaction: TextRedaction): string {
  if (!KIND.test(text)) return text;
  return redactYaml(redactJson(text, redaction), redaction);
}

const KIND = /(?:^|[\s"{,])"?kind"?\s{0,8}:\s{0,8}"?Secret(?:List)?"?\s*(?:$|[,}\r\n#])/m;

function redactJson(text: string, redaction: TextRedaction): string {
  let result = "";
  let copied = 0;
  for (const match of text.matchAll(/"(?:data|stringData)"\s{0,8}:\s{0,8}(?=\{)/g)) {
    const start = match.index + match[0].length;
    if (start < copied) continue;
    const end = measureStructure(text, start);
    const members = text
      .slice(start, end)
      .replace(/("([^"\\]{1,128})"\s{0,8}:\s{0,8}")((?:[^"\\]|\\.)+)(?=")/g, markMember(redaction));
    result += text.slice(copied, start) + members;
    copied = end;
  }
  return copied === 0 ? text : result + text.slice(copied);
}

function redactYaml(text: string, redaction: TextRedaction): string {
  return text.replace(/(?<=^|\n)([ \t]*)(?:-[ \t]+)?(?:data|stringData):[ \t]*(?:\r?\n\1[ \t]+[^\r\n]*)+/g, (block) =>
    block.replace(/(\n[ \t]*["']?([\w.-]{1,128})["']?:[ \t]+["']?)([^\s"'|>][^\r\n"']*)/g, markMember(redaction)),
  );
}

function markMember(redaction: TextRedaction): (whole: string, start: string, name: string, value: string) => string {
  return (_whole, start, name, value) => start + redaction.marker.mark(name, value);
}
