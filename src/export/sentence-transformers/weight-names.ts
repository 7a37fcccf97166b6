import { invariant } from "../../errors/internal.js";
import { UserError } from "../../errors/user-error.js";
import { type Tensor, transposed } from "../../math/tensor.js";
import type { ModelProto } from "../../onnx/model.js";

/** Name → shape of every weight that the Hugging Face class of an encoder has, its pooler left out. */
type WeightShapes = ReadonlyMap<string, readonly number[]>;

type Node = NonNullable<ModelProto["graph"]>["node"][number];

/** What the graph says about its weights, before any name is decided. */
interface Evidence {
  /** Value → the initializer that it stands for, through Identity and Cast. */
  readonly origin: (value: string) => string | undefined;
  /** What the exporter put before every name (`m.`, `model.`). */
  readonly prefix: string;
  /** Module (`encoder.layer.0.attention.self.query`) → initializers that its MatMul multiplies with, [in, out]. */
  readonly products: ReadonlyMap<string, ReadonlySet<string>>;
  /** Initializers that a MatMul multiplies with as they are: [in, out] under whatever name. */
  readonly multiplied: ReadonlySet<string>;
}

/**
 * The weights of an exported encoder under their Hugging Face names and in those shapes. A weight that kept its name is taken by
 * it (also where the exporter merged equal tensors and left an Identity by the name), transposed where a MatMul multiplies with it as
 * it is. A linear layer's weight was transposed and renamed (`onnx::MatMul_482`): it is found by the MatMul that reads it, which is
 * known by the bias added to its product or by the module path in the node's name; where both speak, they must agree. Every name of
 * `shapes` must be found, in its shape.
 * @param tensorOf the value of an initializer.
 */
export function huggingFaceWeights(
  model: ModelProto,
  shapes: WeightShapes,
  tensorOf: (initializer: string) => Tensor,
): Map<string, Tensor> {
  const evidence = gather(model);
  const found = new Map<string, Tensor>();
  const missing: string[] = [];
  for (const [name, shape] of shapes) {
    const tensor = findWeight(name, shape, evidence, tensorOf);
    if (tensor === undefined) missing.push(`${name} [${shape}]`);
    else found.set(name, tensor);
  }
  if (missing.length === 0) return found;
  const more = missing.length > 5 ? ` and ${missing.length - 5} more` : "";
  throw new UserError(
    "unmapped-weights",
    `the model's weights do not tell which of them is ${missing.slice(0, 5).join(", ")}${more}`,
    {
      hint: "use --format transformersjs, or export the encoder again without optimisation, which keeps module names",
    },
  );
}

/** The module (`encoder.layer.0.attention.self.query`) whose weight each initializer [in, out] is; a shared one has several. */
export function linearModules(model: ModelProto, shapes: WeightShapes): Map<string, string[]> {
  const { products } = gather(model);
  const modules = new Map<string, string[]>();
  for (const [module, initializers] of products) {
    if (initializers.size !== 1 || !shapes.has(`${module}.weight`)) continue;
    for (const name of initializers) modules.set(name, [...(modules.get(name) ?? []), module]);
  }
  return modules;
}

function findWeight(
  name: string,
  shape: readonly number[],
  evidence: Evidence,
  tensorOf: (initializer: string) => Tensor,
): Tensor | undefined {
  const named = evidence.origin(evidence.prefix + name);
  if (named !== undefined) {
    const tensor = evidence.multiplied.has(named) ? transposed(tensorOf(named)) : tensorOf(named);
    return `${tensor.shape}` === `${shape}` ? tensor : undefined;
  }
  if (!name.endsWith(".weight") || shape.length !== 2) return undefined;
  const candidates = evidence.products.get(name.slice(0, -".weight".length));
  if (candidates?.size !== 1) return undefined;
  const [product] = candidates;
  const tensor = transposed(tensorOf(product));
  return `${tensor.shape}` === `${shape}` ? tensor : undefined;
}

function gather(model: ModelProto): Evidence {
  const { graph } = model;
  invariant(graph !== undefined, "a model without a graph");
  const initializers = new Set(graph.initializer.map(({ name }) => name));
  const aliases = new Map<string, string>();
  for (const { opType, input, output } of graph.node) {
    if ((opType === "Identity" || opType === "Cast") && output[0] && input[0]) {
      aliases.set(output[0], input[0]);
    }
  }
  const origin = (value: string): string | undefined => {
    let current = value;
    while (!initializers.has(current)) {
      const next = aliases.get(current);
      if (next === undefined) return undefined;
      current = next;
    }
    return current;
  };
  const prefix = prefixOf([...initializers, ...aliases.keys()]);
  const multiplications = graph.node.flatMap((node) => {
    const weight = node.opType === "MatMul" ? origin(node.input[1] ?? "") : undefined;
    return weight === undefined ? [] : [{ node, weight }];
  });
  return {
    origin,
    prefix,
    products: productsOf(multiplications, { nodes: graph.node, origin, prefix }),
    multiplied: new Set(multiplications.map(({ weight }) => weight)),
  };
}

/** Every architecture has word embeddings, and they keep their name. */
function prefixOf(names: readonly string[]): string {
  const anchor = "embeddings.word_embeddings.weight";
  const full = names.find((name) => name === anchor || name.endsWith(`.${anchor}`));
  return full === undefined ? "" : full.slice(0, -anchor.length);
}

/** A MatMul by an initializer. */
interface Multiplication {
  readonly node: Node;
  readonly weight: string;
}

function productsOf(
  multiplications: readonly Multiplication[],
  {
    nodes,
    origin,
    prefix,
  }: Pick<Evidence, "origin" | "prefix"> & { readonly nodes: readonly Node[] },
): Map<string, Set<string>> {
  const readers = new Map<string, Node[]>();
  for (const node of nodes) {
    for (const name of node.input) readers.set(name, [...(readers.get(name) ?? []), node]);
  }
  const products = new Map<string, Set<string>>();
  for (const { node, weight } of multiplications) {
    const added = readers.get(node.output[0] ?? "") ?? [];
    for (const module of [pathOf(node.name), ...added.map((add) => biasModule(add, origin))]) {
      if (!module?.startsWith(prefix)) continue;
      const name = module.slice(prefix.length);
      products.set(name, (products.get(name) ?? new Set()).add(weight));
    }
  }
  return products;
}

/** `/m/encoder/layer.0/attention/self/query/MatMul_1` → `m.encoder.layer.0.attention.self.query`. */
function pathOf(node: string): string | undefined {
  const match = /^\/(.+)\/MatMul(?:_\d+)?$/.exec(node);
  if (match === null) return undefined;
  // A module that runs several times gets numbers behind its name: `query_1`.
  return match[1].replaceAll("/", ".").replace(/_\d+$/, "");
}

/** The module of the bias that an Add puts onto a product. */
function biasModule(add: Node, origin: (value: string) => string | undefined): string | undefined {
  if (add.opType !== "Add") return undefined;
  const bias = add.input.find((name) => name.endsWith(".bias") && origin(name) !== undefined);
  return bias?.slice(0, -".bias".length);
}
