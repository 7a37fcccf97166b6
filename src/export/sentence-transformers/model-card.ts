import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { FileIdentity } from "../../dataset/retrieval/load-retrieval.js";
import { transformersPooling } from "../../encoder/transformers-js.js";
import { counted } from "../../errors/counted.js";
import { packageVersion } from "../../files/version.js";
import { objectiveNamed } from "../../objectives/registry.js";
import type { RunRecord } from "../../training/run-folder/run-folder.js";
import {
  contentHead,
  type ModelContent,
  matryoshkaDimensions,
  outputDimension,
  sourceFile,
  type TrainedObjective,
  trainedObjectives,
} from "../model-content.js";
import { scores } from "./card-scores.js";
import { cell, code, plain } from "./card-text.js";

/**
 * README.md of a model folder: the front matter that the hub reads (library, task, licence of the base model), what was trained on
 * what and how, the scores with their intervals, and how to load the folder in Python and in JavaScript.
 */
export async function modelCard(content: ModelContent): Promise<string> {
  const { run } = content;
  const parts = [
    await frontMatter(content),
    introduction(content),
    ...(run === undefined ? [] : [training(run), scores(content, run)]),
    figures(content),
    usage(content),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

async function frontMatter(content: ModelContent): Promise<string> {
  const lines = [
    "library_name: sentence-transformers",
    "pipeline_tag: sentence-similarity",
    "tags:",
    "- sentence-transformers",
    "- sentence-similarity",
    "- feature-extraction",
    "- embtune",
    `base_model: ${JSON.stringify(content.encoder.name)}`,
    `license: ${await licenceOf(content)}`,
  ];
  return `---\n${lines.join("\n")}\n---`;
}

/** The licence that the base model's own card states. */
async function licenceOf(content: ModelContent): Promise<string> {
  const path = sourceFile(content, "README.md");
  if (!existsSync(path)) return "unknown";
  const card = await readFile(path, "utf8");
  const matter = /^---\n([\s\S]*?)\n---/.exec(card)?.[1] ?? "";
  return /^license:\s*([\w.-]+)\s*$/m.exec(matter)?.[1] ?? "unknown";
}

function introduction(content: ModelContent): string {
  const { encoder, run } = content;
  const head = contentHead(content);
  const kinds = {
    none: "no head",
    linear: "a linear head",
    mlp: "an MLP head with a residual",
    modules: "modules of its own behind it",
  };
  const lines = [
    `# ${plain(encoder.name)}${run === undefined ? "" : ", fine-tuned"}`,
    "",
    "A sentence embedding model: texts of alike meaning get vectors with a high cosine similarity.",
    "",
    `- Base model: ${plain(encoder.name)}, SHA-256 over weights, tokenizer and settings \`${encoder.hash}\``,
    `- Embedding: ${outputDimension(content)} numbers, ${encoder.pooling} pooling, ${kinds[head?.spec.kind ?? "none"]}${encoder.normalize ? ", unit length" : ""}`,
    `- Longest text: ${encoder.maxLength} tokens; what is longer is cut`,
    ...promptLines(content),
    ...matryoshkaLines(content),
    ...lineLines(content),
  ];
  if (run?.options.headSide === "query") {
    lines.push(
      `- Only queries go through this model. Documents keep the vectors of the base model ${plain(encoder.name)}.`,
    );
  }
  return lines.join("\n");
}

function promptLines({ encoder }: ModelContent): string[] {
  const prompts = Object.entries(encoder.prompts).filter(([, text]) => text !== "");
  if (prompts.length === 0) return [];
  const listed = prompts.map(([name, text]) => `${name} ${code(text)}`).join(", ");
  const { defaultPromptName: name } = encoder;
  const otherwise = name === undefined ? "" : `; ${name} where none is asked for`;
  return [
    `- Prompts put before a text: ${listed}${otherwise}. sentence-transformers adds them (\`encode_query\`, \`encode_document\`); transformers.js does not: put them before the texts yourself`,
  ];
}

function matryoshkaLines(content: ModelContent): string[] {
  const dimensions = matryoshkaDimensions(content);
  if (dimensions.length === 0) return [];
  return [
    `- Trained so that embeddings may be cut to their first ${dimensions.join(", ")} numbers; divide by the norm afterwards`,
  ];
}

function lineLines({ interpolated: alpha, run }: ModelContent): string[] {
  if (alpha === undefined || run === undefined) return [];
  const own = run.result?.interpolation;
  const by = own?.alpha === alpha ? own.by : "given";
  const chosen = {
    search: ", chosen on the selecting rows",
    folds: ", chosen by folds of the training rows",
    given: "",
  }[by];
  return [
    `- Weights: (1−α)·start + α·tuned with α = ${alpha}${chosen}; α = 1 would be plain fine-tuning, α = 0 its start`,
  ];
}

function training(run: RunRecord): string {
  const { options } = run;
  const objectives = trainedObjectives(run);
  const settings: Record<string, unknown> = {
    steps: run.steps,
    batchSize: options.batchSize,
    lr: options.lr,
    schedule: options.schedule,
    warmup: options.warmup,
    weightDecay: options.weightDecay,
    maxGradNorm: options.maxGradNorm,
    head: options.head,
    headSide: options.headSide,
    seed: options.seed,
  };
  return [
    "## Training",
    "",
    ...dataLines(run),
    "",
    ...objectives.flatMap((one) => objectiveLines(one, objectives.length > 1)),
    "| option | value |",
    "|---|---|",
    ...Object.entries(settings).map(([name, value]) => `| ${name} | ${cell(value)} |`),
    "",
    `The whole record is in the run's run.json (embtune ${run.embtune}).`,
  ].join("\n");
}

function objectiveLines(one: TrainedObjective, isOneOfSeveral: boolean): string[] {
  const { text, title } = objectiveNamed(one.objective);
  const where = isOneOfSeveral ? ` of ${one.files.map(code).join(", ")}` : "";
  return [
    `Objective${where}: ${title} (\`${one.objective}\`), with ${pairs(one.objectiveOptions)}:`,
    "",
    "```",
    text.formula,
    "```",
    "",
  ];
}

/** Each file that was trained on or selected by, and what it was for. */
function dataLines({ data, files, eval: selecting }: RunRecord): string[] {
  const trained = (files ?? [data]).map((file) => dataLine("trained on", file));
  if (selecting === undefined) return trained;
  const { corpus, qrels } = selecting;
  const beside = [
    ...(corpus === undefined ? [] : [dataLine("documents they search", corpus)]),
    ...(qrels === undefined ? [] : [dataLine("their relevant documents", qrels)]),
  ];
  const role = beside.length > 0 ? "selected by, queries" : "selected by";
  return [...trained, dataLine(role, selecting), ...beside];
}

function dataLine(role: string, { path, rows, sha256 }: FileIdentity): string {
  return `- ${role}: ${code(path)}, ${counted(rows, "row")}, SHA-256 \`${sha256}\``;
}

function pairs(options: Readonly<Record<string, unknown>>): string {
  const given = Object.entries(options).filter(([, value]) => `${value}` !== "");
  return given.map(([name, value]) => `${name} ${cell(value)}`).join(", ") || "no options";
}

/** The drawings, which lie beside the card, and their captions. */
function figures({ figures: all = [] }: ModelContent): string {
  if (all.length === 0) return "";
  const shown = all.map(({ title, caption, drawings }) => {
    const images = drawings.map(({ path }) => `![${plain(title)}](${path})`).join(" ");
    return `**${plain(title)}.** ${plain(caption)}\n\n${images}`;
  });
  return ["## Figures", ...shown].join("\n\n");
}

function usage({ encoder }: ModelContent): string {
  const pooling = transformersPooling(encoder.pooling);
  return `## Use

In Python:

\`\`\`python
from sentence_transformers import SentenceTransformer

model = SentenceTransformer("path/to/this/folder")
vectors = model.encode(["a text", "another"])
\`\`\`

In JavaScript, with the transformers.js form of the same model (\`embtune export … --format transformersjs\`):

\`\`\`js
import { pipeline } from "@huggingface/transformers";

const extract = await pipeline("feature-extraction", "path/to/that/folder");
const vectors = await extract(["a text", "another"], { pooling: "${pooling}", normalize: ${encoder.normalize} });
\`\`\`

Written by embtune ${packageVersion()}.`;
}
