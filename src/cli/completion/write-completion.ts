import type { OptionWords } from "./option-words.ts";

/** The words that a shell completes for one command. */
export interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly CompletedOption[];
  /** Those that its argument is one of; none: files. */
  readonly words: readonly string[];
  /** Those that stand below it: `deploy agent`. One that has some takes none of its own arguments before them. */
  readonly commands: readonly CompletedCommand[];
}

export interface CompletedOption {
  /** With their dashes: `-o`, `--output`. */
  readonly names: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
  /** Absent: files. */
  readonly value?: OptionWords;
}

export const SHELLS = ["bash", "zsh", "fish"] as const;

/** The script that makes a shell complete `tapline`: commands first, then a command's options, their values, and files. */
export function writeCompletion(shell: (typeof SHELLS)[number], commands: readonly CompletedCommand[]): string {
  return { bash: writeBash, zsh: writeZsh, fish: writeFish }[shell](commands);
}

function namesOf(commands: readonly CompletedCommand[]): string {
  return commands.map(({ name }) => name).join(" ");
}

function writeBash(commands: readonly CompletedCommand[]): string {
  return `# bash completion for tapline
_tapline_words() {
  COMPREPLY=($(compgen -W "$1" -- "$word"))
  [[ \${#COMPREPLY[@]} == 1 && \${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null
  return 0
}
_tapline_list() {
  local first=
  [[ $word == *,* ]] && first="\${word%,*},"
  COMPREPLY=($(compgen -P "$first" -W "$1" -- "\${word##*,}"))
}
_tapline() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]}
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    _tapline_words "${namesOf(commands)} help --help --version"
    return
  fi
${bashCases(commands, 1, "  ")}
}
complete -o default -F _tapline tapline
`;
}

function bashCases(commands: readonly CompletedCommand[], depth: number, indent: string): string {
  const help = depth === 1 ? [`${indent}  help) _tapline_words "${namesOf(commands)}" ;;`] : [];
  return [
    `${indent}case "\${COMP_WORDS[${depth}]}" in`,
    ...commands.map((command) => bashCase(command, depth, `${indent}  `)),
    ...help,
    `${indent}esac`,
  ].join("\n");
}

function bashCase({ name, options, words: own, commands }: CompletedCommand, depth: number, indent: string): string {
  if (commands.length > 0)
    return [
      `${indent}${name})`,
      `${indent}  if ((COMP_CWORD == ${depth + 1})); then _tapline_words "${namesOf(commands)} -h --help"; return; fi`,
      `${bashCases(commands, depth + 1, `${indent}  `)} ;;`,
    ].join("\n");
  const values = options.flatMap(({ names, value }) =>
    value === undefined
      ? []
      : [
          `${indent}    ${names.join("|")}) ${value.isList ? "_tapline_list" : "_tapline_words"} "${value.words.join(" ")}"; return ;;`,
        ],
  );
  const words = options.flatMap(({ names }) => names).join(" ");
  return [
    `${indent}${name})`,
    ...(values.length === 0 ? [] : [`${indent}  case "$before" in`, ...values, `${indent}  esac`]),
    `${indent}  if [[ $word == -* ]]; then _tapline_words "${words}"${own.length === 0 ? "" : `; else _tapline_words "${own.join(" ")}"`}; fi ;;`,
  ].join("\n");
}

function writeZsh(commands: readonly CompletedCommand[]): string {
  return `#compdef tapline
_tapline() {
  local curcontext="$curcontext"
  local -a commands
${zshLevel(commands, "  ", [`help) compadd ${namesOf(commands)} ;;`])}
}
if [[ $funcstack[1] == _tapline ]]; then _tapline "$@"; else compdef _tapline tapline; fi
`;
}

/** Names where the second word is completed; below them the words that come after it. */
function zshLevel(commands: readonly CompletedCommand[], indent: string, more: readonly string[]): string {
  return [
    `${indent}commands=(`,
    ...commands.map(({ name, summary }) => `${indent}  '${name}:${bracketed(summary)}'`),
    `${indent})`,
    `${indent}if ((CURRENT == 2)); then`,
    `${indent}  _describe command commands`,
    `${indent}  return`,
    `${indent}fi`,
    `${indent}shift words`,
    `${indent}((CURRENT--))`,
    `${indent}case $words[1] in`,
    ...commands.map((command) => zshCase(command, `${indent}  `)),
    ...more.map((line) => `${indent}  ${line}`),
    `${indent}esac`,
  ].join("\n");
}

function zshCase({ name, options, words, commands }: CompletedCommand, indent: string): string {
  if (commands.length > 0) return [`${indent}${name})`, `${zshLevel(commands, `${indent}  `, [])} ;;`].join("\n");
  const specs = options.flatMap(({ names, description, takesValue, value }) =>
    names.map((flag) => `'*${flag}[${bracketed(description)}]${takesValue ? `:value:${zshValue(value)}` : ""}'`),
  );
  const argument = words.length === 0 ? "'*:file:_files'" : `'1:value:(${words.join(" ")})'`;
  return `${indent}${name}) _arguments ${[...specs, argument].join(" ")} ;;`;
}

function zshValue(value: OptionWords | undefined): string {
  if (value === undefined) return "_files";
  const words = value.words.join(" ");
  if (value.isList) return `_sequence compadd - ${words}`;
  return value.words.some((word) => word.endsWith("=")) ? `{compadd -S "" -- ${words}}` : `(${words})`;
}

function bracketed(text: string): string {
  return text.replace(/[[\]\\:]/g, "\\$&").replaceAll("'", "'\\''");
}

function writeFish(commands: readonly CompletedCommand[]): string {
  const names = namesOf(commands);
  const lines = [
    ...commands.flatMap((command) => fishLines(command, "__fish_use_subcommand", "")),
    `complete -c tapline -n __fish_use_subcommand -f -a help -d 'show the help of a command'`,
    `complete -c tapline -n '__fish_seen_subcommand_from help' -f -a ${quoted(names)}`,
  ];
  return `# fish completion for tapline\n${lines.join("\n")}\n`;
}

function fishLines(
  { name, summary, options, words, commands }: CompletedCommand,
  where: string,
  above: string,
): string[] {
  const seen = `${above}__fish_seen_subcommand_from ${name}`;
  const names = namesOf(commands);
  return [
    `complete -c tapline -n ${quoted(where)} -f -a ${name} -d ${quoted(summary)}`,
    ...commands.flatMap((inner) =>
      fishLines(inner, `${seen}; and not __fish_seen_subcommand_from ${names}`, `${seen}; and `),
    ),
    ...(words.length === 0 ? [] : [`complete -c tapline -n ${quoted(seen)} -f -a ${quoted(words.join(" "))}`]),
    ...(commands.length > 0 ? [] : options.map((option) => fishOption(option, seen))),
  ];
}

function fishOption({ names, description, takesValue, value }: CompletedOption, where: string): string {
  const flags = names.map((flag) => (flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  const words = value === undefined ? " -r" : ` -x -a ${quoted(fishWords(value))}`;
  return `complete -c tapline -n ${quoted(where)} ${flags.join(" ")}${takesValue ? words : ""} -d ${quoted(description)}`;
}

function fishWords({ words, isList }: OptionWords): string {
  return isList ? `(__fish_append , ${words.join(" ")})` : words.join(" ");
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
