/** A value in a table or a sentence. */
export function cell(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}

/** Text from outside in a sentence: no markup in it takes effect. */
export function plain(text: string): string {
  return text.replaceAll(/[\r\n]/g, " ").replaceAll(/[\\`*[\]<>|]/g, "\\$&");
}

/** Text from outside as code: no markup in it takes effect. */
export function code(text: string): string {
  return `\`${text.replaceAll(/[`\r\n]/g, " ")}\``;
}
