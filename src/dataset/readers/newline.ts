/** What ends a line: "\r" only in a text without any "\n". */
export function newlineOf(text: string): "\n" | "\r" {
  return text.includes("\r") && !text.includes("\n") ? "\r" : "\n";
}
