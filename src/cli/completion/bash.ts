import type { CompletedCommand, CompletedOption } from "./tree.js";

/** A script for bash 3.2 and later: `source <(embtune completion bash)`. */
export function bashCompletion(tree: readonly CompletedCommand[]): string {
  const paths = tree.map(({ path }) => path).filter((path) => path !== "");
  return `# completion of embtune for bash: source <(embtune completion bash)
_embtune() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" path="" word i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${path:+$path }\${COMP_WORDS[i]}"
    case "$word" in
      ${paths.map(quoted).join("|")}) path="$word" ;;
    esac
  done
  case "$path $prev" in
${tree.flatMap(values).join("\n")}
  esac
  local flags="" words=""
  case "$path" in
${tree.map(lists).join("\n")}
  esac
  if [[ "$cur" == -* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$cur"))
  elif [[ -n "$words" ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
  else
    COMPREPLY=($(compgen -f -- "$cur"))
  fi
}
complete -o filenames -F _embtune embtune
`;
}

function quoted(text: string): string {
  return `"${text}"`;
}

/** What may follow the options of a command. */
function values({ path, options }: CompletedCommand): string[] {
  const taking = options.filter(({ takesValue }) => takesValue);
  return taking.map(
    (option) => `    ${quoted(`${path} ${option.flag}`)}) ${reply(option)}; return ;;`,
  );
}

function reply({ words, takesFile }: CompletedOption): string {
  if (words.length > 0) return `COMPREPLY=($(compgen -W "${words.join(" ")}" -- "$cur"))`;
  return takesFile ? 'COMPREPLY=($(compgen -f -- "$cur"))' : "COMPREPLY=()";
}

function lists({ path, options, words }: CompletedCommand): string {
  const flags = ["--help", ...options.map(({ flag }) => flag)].join(" ");
  return `    ${quoted(path)}) flags="${flags}"; words="${words.join(" ")}" ;;`;
}
