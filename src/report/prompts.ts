import { type Prompts, promptTexts } from "../encoder/prompts.js";

/** Which text a model puts before which, in words; undefined where it puts none before any. */
export function formatPrompts(prompts: Prompts): string | undefined {
  const { query, document, other } = promptTexts(prompts);
  if (query === document && document === other)
    return other === "" ? undefined : `${JSON.stringify(other)} before every text`;
  const uses = { queries: query, documents: document, "other texts": other };
  return Object.entries(uses)
    .filter(([, text]) => text !== "")
    .map(([use, text]) => `${JSON.stringify(text)} before ${use}`)
    .join(", ");
}
