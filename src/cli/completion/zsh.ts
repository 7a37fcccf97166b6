import type { CompletedCommand, CompletedOption } from "./tree.js";

/** A script for zsh: put it into a folder of `fpath` as `_embtune`, or `source <(embtune completion zsh)`. */
export function zshCompletion(tree: readonly CompletedCommand[]): string {
  const paths = tree.map(({ path }) => path).filter((path) => path !== "");
  return `#compdef embtune
# completion of embtune for zsh: source <(embtune completion zsh)
_embtune() {
  local cmd="" word i
  for ((i = 2; i < CURRENT; i++)); do
    word="\${cmd:+$cmd }\${words[i]}"
    case "$word" in
      ${paths.map((path) => path.replaceAll(" ", "\\ ")).join("|")}) cmd="$word" ;;
    esac
  done
  case "$cmd" in
${tree.map(branch).join("\n")}
  esac
}
if [[ "$funcstack[1]" == "_embtune" ]]; then
  _embtune "$@"
else
  compdef _embtune embtune
fi
`;
}

function branch({ path, options, words }: CompletedCommand): string {
  const rest = words.length > 0 ? `'*: :(${words.join(" ")})'` : "'*:file:_files'";
  const lines = ["'--help[show the options]'", ...options.map(argument), rest];
  const name = path === "" ? "''" : path.replaceAll(" ", "\\ ");
  return `    ${name})\n      _arguments \\\n        ${lines.join(" \\\n        ")} ;;`;
}

/** `'--schedule[text]:value:(linear cosine)'`. */
function argument({ flag, text, takesValue, words, takesFile }: CompletedOption): string {
  const shown = text.replaceAll("'", "'\\''").replace(/[[\]:]/g, "\\$&");
  if (!takesValue) return `'${flag}[${shown}]'`;
  const value = words.length > 0 ? `(${words.join(" ")})` : takesFile ? "_files" : " ";
  return `'${flag}[${shown}]:value:${value}'`;
}
