import { suggestion } from "../errors/suggest.js";
import { usageError } from "../errors/user-error.js";

/** Texts that a model puts before texts, as config_sentence_transformers.json lists them. */
export interface Prompts {
  /** Name → text. */
  readonly prompts: Readonly<Record<string, string>>;
  /** Name of the prompt used where none is asked for; undefined: none. */
  readonly defaultPromptName: string | undefined;
}

/** What a text is embedded as. */
export type PromptUse = "query" | "document" | "other";

/** `--prompts`: one text for everything, or texts by name. */
export type GivenPrompts = string | Readonly<Record<string, string>>;

/** Name that a prompt for everything gets. */
const EVERYTHING = "default";

/** Names under which a model may keep the prompt of a use, the first that is there counts: those of sentence-transformers. */
const names: Readonly<Record<PromptUse, readonly string[]>> = {
  query: ["query"],
  document: ["document", "passage", "corpus"],
  other: [],
};

/** Names that training, evaluation and mining have a use for. */
const promptNames: readonly string[] = ["query", "document", EVERYTHING];

/** The text before a text of that use: the prompt of its name, else the default prompt, else nothing. */
export function promptFor({ prompts, defaultPromptName }: Prompts, use: PromptUse): string {
  const name = names[use].find((one) => prompts[one] !== undefined) ?? defaultPromptName;
  return name === undefined ? "" : (prompts[name] ?? "");
}

/** The texts before texts, by what they are embedded as. */
export type PromptTexts = Readonly<Record<PromptUse, string>>;

/** The text before each kind of text. */
export function promptTexts(prompts: Prompts): PromptTexts {
  return {
    query: promptFor(prompts, "query"),
    document: promptFor(prompts, "document"),
    other: promptFor(prompts, "other"),
  };
}

/** Given prompts by name; a text alone is the prompt for everything. */
export function promptsByName(given: GivenPrompts): Readonly<Record<string, string>> {
  return typeof given === "string" ? { [EVERYTHING]: given } : given;
}

/**
 * A model's prompts with others given: by name they come beside its own or replace them; one for everything takes the place of all. Query
 * and document are then both named, for sentence-transformers' `encode_query` does not fall back on the default prompt.
 */
export function withPrompts(own: Prompts, given: GivenPrompts | undefined): Prompts {
  if (given === undefined) return own;
  const listed = promptsByName(given);
  const merged =
    listed[EVERYTHING] === undefined
      ? { ...own, prompts: { ...own.prompts, ...listed } }
      : { prompts: listed, defaultPromptName: EVERYTHING };
  const both = { query: promptFor(merged, "query"), document: promptFor(merged, "document") };
  return { ...merged, prompts: { ...merged.prompts, ...both } };
}

/** Usage errors: `unknown-prompt` for a name that would never be used, `bad-prompt` for what is no text. */
export function requireKnownPrompts(given: GivenPrompts | undefined): void {
  const entries = Object.entries(promptsByName(given ?? {}));
  const noText = entries.find(([, text]) => typeof text !== "string");
  if (noText !== undefined)
    throw usageError("bad-prompt", `the prompt ${noText[0]} must be a text, got ${noText[1]}`);
  const [strange] = entries.find(([name]) => !promptNames.includes(name)) ?? [];
  if (strange === undefined) return;
  throw usageError(
    "unknown-prompt",
    `--prompts knows ${promptNames.join(", ")}, got "${strange}"`,
    suggestion(strange, promptNames),
  );
}
