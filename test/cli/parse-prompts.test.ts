import { describe, expect, it } from "vitest";
import { parsePrompts } from "../../src/cli/parse-prompts.js";

describe("--prompts", () => {
  it.each([
    ["query=query: ,document=passage: ", { query: "query: ", document: "passage: " }],
    ["query=read, then answer: ", { query: "read, then answer: " }],
    ["query=a=b, document=c", { query: "a=b", document: "c" }],
    ['query="query: ",document="passage: "', { query: "query: ", document: "passage: " }],
    ["query=", { query: "" }],
    ["text: ", "text: "],
    ['"text, more: "', "text, more: "],
    ["one, two=2", "one, two=2"],
  ])("%s", (text, wanted) => {
    expect(parsePrompts(text)).toEqual(wanted);
  });
});
