/** The words that a shell completes for one command. */
export interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly CompletedOption[];
}

export interface CompletedOption {
  /** With their dashes: `-o`, `--output`. */
  readonly names: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
  readonly choices?: readonly string[];
}

export const SHELLS = ["bash", "zsh", "fish"] as const;

/** The script that makes a shell complete `tapline`: commands first, then a command's options and files. */
export function writeCompletion(shell: (typeof SHELLS)[number], commands: readonly CompletedCommand[]): string {
  return { bash: writeBash, zsh: writeZsh, fish: writeFish }[shell](commands);
}

function writeBash(commands: readonly CompletedCommand[]): string {
  const cases = commands.map(({ name, options }) => {
    const values = options
      .filter(({ choices }) => choices !== undefined)
      .map(
        ({ names, choices }) =>
          `        ${names.join("|")}) COMPREPLY=($(compgen -W "${choices!.join(" ")}" -- "$word")); return ;;`,
      );
    const words = options.flatMap(({ names }) => names).join(" ");
    return [
      `    ${name})`,
      ...(values.length === 0 ? [] : ['      case "$before" in', ...values, "      esac"]),
      `      if [[ $word == -* ]]; then COMPREPLY=($(compgen -W "${words}" -- "$word")); fi ;;`,
    ].join("\n");
  });
  return `# bash completion for tapline
_tapline() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]}
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W "${commands.map(({ name }) => name).join(" ")} help --help --version" -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
  esac
}
complete -o default -F _tapline tapline
`;
}

function writeZsh(commands: readonly CompletedCommand[]): string {
  const quote = (text: string): string => text.replaceAll("'", "'\\''");
  const bracketed = (text: string): string => quote(text.replace(/[[\]\\:]/g, "\\$&"));
  const cases = commands.map(({ name, options }) => {
    const specs = options.flatMap(({ names, description, takesValue, choices }) =>
      names.map((flag) => {
        const value = takesValue ? `:value:${choices === undefined ? "_files" : `(${choices.join(" ")})`}` : "";
        return `'*${flag}[${bracketed(description)}]${value}'`;
      }),
    );
    return `    ${name}) _arguments ${[...specs, "'*:file:_files'"].join(" ")} ;;`;
  });
  return `#compdef tapline
_tapline() {
  local -a commands=(
${commands.map(({ name, summary }) => `    '${name}:${bracketed(summary)}'`).join("\n")}
  )
  if ((CURRENT == 2)); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case $command in
${cases.join("\n")}
  esac
}
if [[ $funcstack[1] == _tapline ]]; then _tapline "$@"; else compdef _tapline tapline; fi
`;
}

function writeFish(commands: readonly CompletedCommand[]): string {
  const quote = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  const lines = commands.flatMap(({ name, summary, options }) => [
    `complete -c tapline -n __fish_use_subcommand -f -a ${name} -d ${quote(summary)}`,
    ...options.map(({ names, description, takesValue, choices }) => {
      const flags = names.map((flag) => (flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
      const value = takesValue ? (choices === undefined ? " -r" : ` -x -a ${quote(choices.join(" "))}`) : "";
      return `complete -c tapline -n '__fish_seen_subcommand_from ${name}' ${flags.join(" ")}${value} -d ${quote(description)}`;
    }),
  ]);
  return `# fish completion for tapline\n${lines.join("\n")}\n`;
}
