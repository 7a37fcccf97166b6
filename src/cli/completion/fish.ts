import type { CompletedCommand, CompletedOption } from "./tree.js";

/** A script for fish: `embtune completion fish > ~/.config/fish/completions/embtune.fish`. */
export function fishCompletion(tree: readonly CompletedCommand[]): string {
  return `# completion of embtune for fish: embtune completion fish > ~/.config/fish/completions/embtune.fish
complete -c embtune -e
${tree.flatMap((command) => commandLines(command, tree)).join("\n")}
`;
}

function commandLines(
  { path, options, words }: CompletedCommand,
  tree: readonly CompletedCommand[],
): string[] {
  const when = condition(path, tree);
  const named = words.map((word) => {
    const child = tree.find((one) => one.path === `${path} ${word}`.trim());
    const text = child === undefined ? "" : ` -d ${quoted(child.text)}`;
    return `complete -c embtune -n ${when} -f -a ${word}${text}`;
  });
  return [
    ...named,
    ...options.map((option) => `complete -c embtune -n ${when} ${flagPart(option)}`),
  ];
}

/** Where a command is the one that is typed: after its words, and before those of its subcommands. */
function condition(path: string, tree: readonly CompletedCommand[]): string {
  if (path === "") return "__fish_use_subcommand";
  const seen = path.split(" ").map((word) => `__fish_seen_subcommand_from ${word}`);
  const below = tree
    .filter((one) => one.path.startsWith(`${path} `))
    .map((one) => one.path.slice(path.length + 1));
  const not = below.length === 0 ? [] : [`not __fish_seen_subcommand_from ${below.join(" ")}`];
  return quoted([...seen, ...not].join("; and "));
}

function flagPart({ flag, text, takesValue, words, takesFile }: CompletedOption): string {
  const name = `-l ${flag.slice(2)} -d ${quoted(text)}`;
  if (!takesValue) return name;
  if (words.length > 0) return `${name} -x -a ${quoted(words.join(" "))}`;
  return takesFile ? `${name} -r -F` : `${name} -x`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
