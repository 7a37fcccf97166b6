import { conversionTo, convertibleKinds } from "../dataset/rows/row-kinds.js";
import type { OptionTable, OptionValue } from "../options/option.js";
import type { ObjectiveDefinition, Paper } from "./definition.js";
import { acceptedRoles } from "./inputs.js";
import { modifiers } from "./modifiers.js";
import { objectives } from "./registry.js";
import { optionRows } from "./resolve.js";

const INTRODUCTION = `# Objectives

Every objective is a pure function of embeddings. This page is written from the registry in \`src/objectives\`; the
command \`embtune objectives NAME\` prints one of its sections. Values and gradients of every case in \`test/golden\` are
checked in float64 and float32.

Letters: B anchors in the batch · K explicit negatives an anchor · N candidates · D embedding size · M positives of one
anchor · τ temperature (scale λ = 1/τ). \`a_i\` anchor, \`p_i\` its positive, \`n_ik\` its k-th explicit negative, \`c_j\` a
candidate (the B positives, then \`n_ik\` at B + i·K + k, then the queue), \`x_i\` a text of class \`y_i\`, \`u_i\`, \`v_i\` the two
texts of a labelled or scored pair. cos(u,v) = u·v / (‖u‖‖v‖) with ‖x‖ = sqrt(Σx² + 1e-12). D(u,v) is euclidean
sqrt(‖u−v‖² + 1e-12), squared-euclidean ‖u−v‖² or cosine 1 − cos(u,v). In the pictures ──►◄── pulls together and
◄── ──► pushes apart.

An objective that finds nothing to sum in a batch is 0 with zero gradients. Everything is computed in log space, so that
a temperature of 0.001 does not overflow. Evidence is what the papers report, most of it not on sentences; compare
objectives on your own data: \`embtune train … --objective a,b,c\`.

## Choosing

| your rows | take |
|---|---|
| (anchor, positive) pairs | \`infonce\` |
| NLI | \`infonce\`: entailments as positives, contradictions as hard negatives |
| pairs with scores | \`cosent\` |
| classes, few texts each | \`supcon\`, or \`soft-nearest-neighbors\` where a class is not one cluster |
| pairs labelled yes or no | \`online-contrastive\` |
| triplets | \`infonce\`, or \`triplet\` for a margin |
| texts and a larger model | \`distill-cosine\`, \`distill-mse\`; \`margin-mse\` for triplets |`;

const MISSING_NEGATIVES = `## Missing negatives and false negatives

K is the same for every row of a batch. A row with fewer explicit negatives fills up with any vector, and \`mask\` [B,N]
removes those candidates for every anchor; a removed candidate is as good as absent, in value and in gradient. The same
mask removes false negatives: candidates that another row brought and that would be right for the anchor too. An
anchor's own positive is never removed. triplet and margin-mse leave the removed negatives of the own row out of their
mean; nt-xent and align-uniform take two rows apart when either's positive is removed for the other; neg draws no removed
candidate, and writes −1 where fewer than k are left.`;

/** The whole page docs/objectives.md, in Markdown. */
export function objectivesDocument(): string {
  const parts = [
    INTRODUCTION,
    `## All objectives\n\n${overview()}`,
    ...objectives.map(objectivePage),
    `## Modifiers\n\n${modifierSections()}`,
    MISSING_NEGATIVES,
  ];
  return `${parts.join("\n\n")}\n`;
}

function overview(): string {
  const rows = objectives.map((definition) => {
    const options = optionRows(definition.options);
    const defaults = options.map((row) => `${row.flag} ${showValue(row.default)}`).join(", ");
    const link = `[\`${definition.name}\`](#${definition.name})`;
    return `| ${link} | ${definition.rows.join(", ")} | ${definition.summary} | ${defaults} |`;
  });
  return ["| name | rows | what it does | defaults |", "|---|---|---|---|", ...rows].join("\n");
}

/** The section of one objective, in Markdown that reads well as plain text. */
export function objectivePage(definition: ObjectiveDefinition): string {
  const { text } = definition;
  const parts = [
    `## ${definition.name}`,
    `${definition.title}: ${definition.summary}.`,
    fenced(text.formula),
    fenced(text.picture),
    `**When.** ${text.when}`,
    `**Relations.** ${text.relations}`,
    `**Evidence.** ${text.evidence}`,
    `**Source.** ${text.papers.map(citation).join("; ")}.`,
    `**Rows.** ${rowsLine(definition)}`,
    `**Inputs.** ${acceptedRoles(definition).join(", ")}.`,
    optionsTable(definition.options),
    trainedLine(definition),
    modifiersLine(definition),
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

function fenced(text: string): string {
  return `\`\`\`text\n${text}\n\`\`\``;
}

/** `Chen et al. 2020, Title, equation 1`. */
function citation({ authors, year, title, place }: Paper): string {
  return `${authors} ${year}, ${title}, ${place}`;
}

function rowsLine(definition: ObjectiveDefinition): string {
  const converted = convertibleKinds(definition.rows).map(
    (kind) => `${kind} (${conversionTo(definition.rows, kind)?.how})`,
  );
  const natural = definition.rows.join(", ");
  return converted.length === 0
    ? `${natural}.`
    : `${natural}; converted from ${converted.join("; ")}.`;
}

function optionsTable(table: OptionTable): string {
  const rows = optionRows(table);
  if (rows.length === 0) return "";
  const lines = rows.map(
    (row) => `| --${row.flag} | ${showValue(row.default)} | ${row.expected} | ${row.description} |`,
  );
  return ["| option | default | values | meaning |", "|---|---|---|---|", ...lines].join("\n");
}

/** The default of an option as it is written on the command line. */
export function showValue(value: OptionValue): string {
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.join(",");
  if (typeof value === "boolean") return value ? "yes" : "no";
  return String(value);
}

function trainedLine({ trained }: ObjectiveDefinition): string {
  if (trained.length === 0) return "";
  const names = trained.map(({ role }) => role).join(", ");
  return `**Trained with it.** ${names}, at the rate --scalar-lr; saved in checkpoints, dropped at export.`;
}

function modifiersLine(definition: ObjectiveDefinition): string {
  const names = ["matryoshka", ...definition.modifiers];
  return `**Modifiers.** ${names.join(", ")}.`;
}

function modifierSections(): string {
  return Object.values(modifiers)
    .map((modifier) => {
      const takers = objectives
        .filter((definition) => definition.modifiers.includes(modifier.name))
        .map((definition) => definition.name);
      const fits = modifier.name === "matryoshka" ? "every objective" : takers.join(", ");
      const parts = [
        `### ${modifier.name}`,
        `${modifier.title}: ${modifier.summary}.`,
        `**Fits.** ${fits}.`,
        `**Source.** ${modifier.source}.`,
        optionsTable(modifier.options),
      ];
      return parts.join("\n\n");
    })
    .join("\n\n");
}
