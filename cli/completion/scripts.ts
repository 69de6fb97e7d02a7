import { commands, folderOptions, ownOptions, shortOptions, valued, values } from "./words.ts";

const shells = { bash, zsh, fish };
export type Shell = keyof typeof shells;
export const shellNames = Object.keys(shells) as Shell[];

/** A script for the shell, which completes commands, options, values and files. */
export const completionScript = (shell: Shell): string => shells[shell]();

/** An option in all its spellings, as a pattern of `case`. */
const spellings = (option: string) =>
  [option, ...Object.entries(shortOptions).flatMap(([short, long]) => (long === option ? [short] : []))].join("|");

function bash(): string {
  const afterOption = Object.entries(values).map(
    ([option, words]) =>
      `    ${spellings(option)}) COMPREPLY=($(compgen -W "${words.join(" ")}" -- "$current")); return;;`,
  );
  const folders = folderOptions.map(spellings).join("|");
  const afterCommand = commands.map(
    ({ name, options, words }) => `    ${name}) options="${options.join(" ")}"; words="${words.join(" ")}";;`,
  );
  return `# bash completion of halfgig: source <(halfgig completion bash)
_halfgig() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" options words
  COMPREPLY=()
  case "$previous" in
${afterOption.join("\n")}
    ${folders}) COMPREPLY=($(compgen -d -- "$current")); return;;
  esac
  case "\${COMP_WORDS[1]}" in
${afterCommand.join("\n")}
    *) options="${ownOptions.join(" ")}"; words="";;
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then words="${commands.map(({ name }) => name).join(" ")}"; fi
  case "$current" in
    -*) COMPREPLY=($(compgen -W "$options" -- "$current"));;
    *) COMPREPLY=($(compgen -W "$words" -- "$current") $(compgen -f -- "$current"));;
  esac
}
complete -o filenames -F _halfgig halfgig
`;
}

function zsh(): string {
  return `# zsh completion of halfgig: source <(halfgig completion zsh)
autoload -U +X bashcompinit && bashcompinit
${bash().split("\n").slice(1).join("\n")}`;
}

function fish(): string {
  const names = commands.map(({ name }) => name).join(" ");
  const short = Object.fromEntries(Object.entries(shortOptions).map(([letter, long]) => [long, letter.slice(1)]));
  const describe = (option: string, condition: string) => {
    const needs = values[option]
      ? ` -x -a "${values[option].join(" ")}"`
      : folderOptions.includes(option)
        ? ' -x -a "(__fish_complete_directories)"'
        : valued.has(option)
          ? " -r"
          : "";
    return `complete -c halfgig -n '${condition}' -l ${option.slice(2)}${short[option] ? ` -s ${short[option]}` : ""}${needs}`;
  };
  const none = `not __fish_seen_subcommand_from ${names}`;
  return `# fish completion of halfgig: halfgig completion fish > ~/.config/fish/completions/halfgig.fish
complete -c halfgig -n '__fish_use_subcommand' -a "${names}"
${ownOptions.map((option) => describe(option, none)).join("\n")}
${commands
  .flatMap(({ name, options, words }) => [
    ...options.map((option) => describe(option, `__fish_seen_subcommand_from ${name}`)),
    ...(words.length > 0
      ? [`complete -c halfgig -n '__fish_seen_subcommand_from ${name}' -x -a "${words.join(" ")}"`]
      : []),
  ])
  .join("\n")}
`;
}
