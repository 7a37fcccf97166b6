import { describe, expect, it } from "vitest";
import { promptsFromText } from "../../src/options/from-text.js";

describe("texts by name", () => {
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
    expect(promptsFromText(text)).toEqual(wanted);
  });
});
