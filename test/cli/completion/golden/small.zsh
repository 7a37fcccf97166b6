#compdef embtune
# completion of embtune for zsh: source <(embtune completion zsh)
_embtune() {
  local cmd="" word i
  for ((i = 2; i < CURRENT; i++)); do
    word="${cmd:+$cmd }${words[i]}"
    case "$word" in
      data|data\ split) cmd="$word" ;;
    esac
  done
  case "$cmd" in
    '')
      _arguments \
        '--help[show the options]' \
        '*: :(data)' ;;
    data)
      _arguments \
        '--help[show the options]' \
        '*: :(split)' ;;
    data\ split)
      _arguments \
        '--help[show the options]' \
        '--by[what\: one \[of\] two]:value:(a b)' \
        '--out[folder]:value:_files' \
        '--seed[seed]:value: ' \
        '--json[as JSON]' \
        '*:file:_files' ;;
  esac
}
if [[ "$funcstack[1]" == "_embtune" ]]; then
  _embtune "$@"
else
  compdef _embtune embtune
fi
