import type { TokenWalk } from "./token-graph.js";
import { isOfTokens } from "./token-layout.js";

/** How many values are tried on the way back. */
const LONGEST = 24;

/**
 * The nearest token vectors [B, T, H] at or before `from` through which everything of the texts passes that reaches the outputs: where
 * layers normalise their input and keep the residual apart, what comes before the normalisation. `from` where there is none near.
 * `content` are the values that depend on token ids.
 */
export function dominator(walk: TokenWalk, content: ReadonlySet<string>, from: string): string {
  const seen = new Set<string>();
  const open = [from];
  for (let name = open.shift(); name !== undefined && seen.size < LONGEST; name = open.shift()) {
    if (seen.has(name)) continue;
    seen.add(name);
    const layout = walk.layouts.get(name);
    if (isOfTokens(layout) && layout.length === 3 && !isPassed(walk, content, name)) return name;
    const inputs = walk.writers.get(name)?.inputs ?? [];
    open.push(...inputs.filter((input) => content.has(input)));
  }
  return from;
}

/** Whether something of the texts reaches the outputs without this value. */
function isPassed(walk: TokenWalk, content: ReadonlySet<string>, value: string): boolean {
  const seen = new Set([value]);
  const open = [...walk.graph.outputs];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    const inputs = (walk.writers.get(name)?.inputs ?? []).filter((input) => content.has(input));
    if (inputs.length === 0) return true;
    open.push(...inputs);
  }
  return false;
}
