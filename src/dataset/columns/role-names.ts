/** What a column can be to an objective. `negative` may be held by several columns. */
export type ColumnRole =
  | "anchor"
  | "positive"
  | "negative"
  | "score"
  | "label"
  | "text"
  | "group"
  | "margin"
  | "subset";

/** All roles, in the order in which they are printed. */
export const columnRoles: readonly ColumnRole[] = [
  "anchor",
  "positive",
  "negative",
  "score",
  "label",
  "text",
  "group",
  "margin",
  "subset",
];

/**
 * Names that data sets give to each role, the surest first: a column of an earlier rank wins over one of a later rank, and two
 * columns of the same rank are ambiguous. Compared in lower case without anything but letters and digits, so `Sentence_1`,
 * `sentence-1` and `#1 String` → `1string` need no entry of their own. Layouts covered: GLUE, MultiNLI, SNLI, STS, SICK, Quora, MRPC,
 * PAWS, AllNLI, BEIR, FlagEmbedding.
 */
const aliases: Record<Exclude<ColumnRole, "negative">, readonly (readonly string[])[]> = {
  anchor: [
    ["anchor"],
    [
      "query",
      "question",
      "question1",
      "text1",
      "sentence1",
      "sentencea",
      "premise",
      "s1",
      "string1",
      "1string",
      "claim",
    ],
    ["texta", "sent1", "senta", "utterance1", "prompt", "input"],
  ],
  positive: [
    ["positive"],
    [
      "pos",
      "positivepassages",
      "positivectxs",
      "answer",
      "question2",
      "text2",
      "sentence2",
      "sentenceb",
      "hypothesis",
      "document",
      "doc",
      "passage",
      "s2",
      "string2",
      "2string",
    ],
    [
      "positives",
      "textb",
      "sent2",
      "sentb",
      "utterance2",
      "response",
      "output",
      "paraphrase",
      "entailment",
      "evidence",
      "context",
      "chosen",
      "completion",
    ],
  ],
  score: [
    ["score"],
    [
      "similarityscore",
      "similarity",
      "relatednessscore",
      "relatedness",
      "goldscore",
      "stsscore",
      "sim",
      "humanscore",
    ],
    ["rating"],
  ],
  label: [
    ["label"],
    [
      "goldlabel",
      "isduplicate",
      "isparaphrase",
      "entailmentjudgment",
      "entailmentlabel",
      "labels",
      "class",
    ],
    [
      "category",
      "intent",
      "topic",
      "labeltext",
      "quality",
      "duplicate",
      "y",
      "sentiment",
      "emotion",
    ],
  ],
  text: [["text"], ["sentence", "texts", "utterance"], ["content", "body", "string"]],
  group: [["group"], ["groupid", "cluster", "clusterid"]],
  margin: [["margin"], ["teachermargin"]],
  subset: [["subset"], ["genre"], ["dataset"]],
};

const negativePattern = /^(hard)?(negative|neg|rejected)s?(?:passages?|ctxs?|texts?|docs?)?(\d*)$/;

/** A column's name as it is compared: lower case, letters and digits only. */
export function normalName(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
}

/** The place of a negative column among its like (`negative` 0, `negative_2` 2), or undefined for other names. */
export function negativeNumber(name: string): number | undefined {
  const match = negativePattern.exec(normalName(name));
  return match === null ? undefined : Number(match[3] || 0);
}

/**
 * The rank (0 best) at which the name stands for the role, or undefined. A plural (`questions`) or a name with a word like text or content
 * beside it (`Question Text`, `answer_text`) stands for it two ranks lower.
 */
export function rankOf(name: string, role: ColumnRole): number | undefined {
  if (role === "negative") return negativeNumber(name) === undefined ? undefined : 0;
  const plain = normalName(name);
  const exact = exactRank(plain, role);
  if (exact !== undefined || isKnown(plain)) return exact;
  const core = coreName(name);
  const singular = core.replace(/s$/, "");
  const rank = exactRank(core, role) ?? (isKnown(core) ? undefined : exactRank(singular, role));
  return rank === undefined ? undefined : rank + 2;
}

function exactRank(normal: string, role: Exclude<ColumnRole, "negative">): number | undefined {
  const rank = aliases[role].findIndex((names) => names.includes(normal));
  return rank < 0 ? undefined : rank;
}

const knownExactly: ReadonlySet<string> = new Set(Object.values(aliases).flat(2));

function isKnown(normal: string): boolean {
  return knownExactly.has(normal);
}

/** Words that say no more than that a column holds texts. */
const fillers: ReadonlySet<string> = new Set([
  "text",
  "texts",
  "content",
  "string",
  "str",
  "body",
  "raw",
  "clean",
  "cleaned",
  "original",
]);

/** The name without filler words, in the form in which names are compared: `Question Text` → question. */
function coreName(name: string): string {
  const words = name.split(/[^\p{L}\p{N}]+|(?<=\p{Ll})(?=\p{Lu})/u).filter((word) => word !== "");
  const kept = words.filter((word) => !fillers.has(word.toLowerCase()));
  return normalName((kept.length > 0 ? kept : words).join(""));
}

/** Whether a column of this name is known to hold any role. */
export function isRoleName(name: string): boolean {
  return columnRoles.some((role) => rankOf(name, role) !== undefined);
}

/** The role a name stands for on the command line (`premise` → anchor, `negative_2` → negative), or undefined. */
export function roleNamed(name: string): ColumnRole | undefined {
  return columnRoles.find((role) => rankOf(name, role) !== undefined);
}

/** Every known name, for did-you-mean. */
export function knownNames(role?: ColumnRole): readonly string[] {
  const names = (r: ColumnRole): readonly string[] =>
    r === "negative" ? ["negative", "negative_1", "neg"] : aliases[r].flat();
  return role === undefined ? columnRoles.flatMap(names) : names(role);
}
