import { type DefaultTreeAdapterTypes, parse, parseFragment } from "parse5";

type Node = DefaultTreeAdapterTypes.Node;
type Element = DefaultTreeAdapterTypes.Element;

const strict = {
  onParseError: ({
    code,
    startLine,
    startCol,
  }: {
    code: string;
    startLine: number;
    startCol: number;
  }) => {
    throw new Error(`${code} at ${startLine}:${startCol}`);
  },
};

/** Reads a whole page as a browser does; anything that a browser would have to mend is an error. */
export function readPage(html: string): Node {
  return parse(html, strict);
}

/** The same of a part of a page. */
export function readFragment(html: string): Node {
  return parseFragment(html, strict);
}

/** The elements of a name below a node, all without one, in the order of the text. */
export function elements(node: Node, name?: string): Element[] {
  const children = "childNodes" in node ? node.childNodes : [];
  const below = children.flatMap((child) => elements(child, name));
  const isWanted = "tagName" in node && (name === undefined || node.tagName === name);
  return isWanted ? [node, ...below] : below;
}

/** The text that a reader sees of a node. */
export function textOf(node: Node): string {
  if (node.nodeName === "#text") return (node as DefaultTreeAdapterTypes.TextNode).value;
  return "childNodes" in node ? node.childNodes.map(textOf).join("") : "";
}
