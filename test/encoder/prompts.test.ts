import { describe, expect, it } from "vitest";
import {
  type Prompts,
  promptFor,
  promptTexts,
  requireKnownPrompts,
  withPrompts,
} from "../../src/encoder/prompts.js";

const none: Prompts = { prompts: {}, defaultPromptName: undefined };
const model = (prompts: Prompts["prompts"], defaultPromptName?: string): Prompts => ({
  prompts,
  defaultPromptName,
});

describe("the prompt of a use", () => {
  it.each([
    ["nothing at all", none, ["", "", ""]],
    ["two names", model({ query: "q: ", document: "d: " }), ["q: ", "d: ", ""]],
    ["a passage for documents", model({ query: "q: ", passage: "p: " }), ["q: ", "p: ", ""]],
    ["a default alone", model({ text: "t: " }, "text"), ["t: ", "t: ", "t: "]],
    ["a default beside an empty query", model({ query: "", t: "t: " }, "t"), ["", "t: ", "t: "]],
    ["other names", model({ clustering: "c: " }), ["", "", ""]],
  ])("of a model with %s", (_, prompts, [query, document, other]) => {
    expect(promptTexts(prompts)).toEqual({ query, document, other });
  });
});

describe("given prompts", () => {
  const own = model({ query: "q: ", passage: "p: ", topic: "t: " }, "topic");

  it("stand beside a model's own, or replace them by name", () => {
    const both = withPrompts(own, { document: "d: " });
    expect(promptTexts(both)).toEqual({ query: "q: ", document: "d: ", other: "t: " });
    expect(both.prompts).toMatchObject({ passage: "p: ", topic: "t: " });
  });

  it("for everything replace all, under names that sentence-transformers looks for", () => {
    expect(withPrompts(own, "x: ")).toEqual({
      prompts: { default: "x: ", query: "x: ", document: "x: " },
      defaultPromptName: "default",
    });
    const withQuery = withPrompts(own, { default: "x: ", query: "y: " });
    expect(promptTexts(withQuery)).toEqual({ query: "y: ", document: "x: ", other: "x: " });
  });

  it("may be empty, and none given changes nothing", () => {
    expect(promptFor(withPrompts(own, { query: "" }), "query")).toBe("");
    expect(withPrompts(own, undefined)).toBe(own);
  });

  it("of a name without use, or that are no text, are refused", () => {
    expect(() => requireKnownPrompts({ documents: "x" })).toThrow(/query, document, default/);
    expect(() => requireKnownPrompts({ query: 3 } as never)).toThrow(/must be a text, got 3/);
    expect(() => requireKnownPrompts("all: ")).not.toThrow();
    expect(() => requireKnownPrompts(undefined)).not.toThrow();
  });
});
