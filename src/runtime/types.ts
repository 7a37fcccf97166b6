import type { Gradient, Gradients } from "../autodiff/value-and-grad.js";
import type { Shape } from "../graph/ir.js";
import type { DType, Tensor } from "../math/tensor.js";
import type { AdamWOptions } from "../optim/adamw.js";
import type { Device } from "./device.js";

/** Tensors by the names of a graph's inputs or outputs. */
export type Tensors = Readonly<Record<string, Tensor>>;

/** An input or output of a model. Dimensions that are only known at run time are names, or "" where unnamed. */
export interface ValueDescription {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
}

export interface SessionOptions extends ModelTransfer {
  /** ONNX Runtime's graph optimisations. Default "all"; "basic" for graphs with a backward pass. */
  readonly optimization?: "disabled" | "basic" | "extended" | "all";
  /** Plan one allocation for each combination of input shapes; default true. Costs memory when shapes vary. */
  readonly memoryPattern?: boolean;
}

export interface FeedOptions {
  /**
   * Hand the feeds over instead of copying them. Arrays that span their whole ArrayBuffer are detached: the caller
   * must not touch them again. Others are copied all the same. Default false.
   */
  readonly transfer?: boolean;
}

/** A loaded model. Requests are answered in the order in which they were made. */
export interface Session {
  readonly inputs: readonly ValueDescription[];
  readonly outputs: readonly ValueDescription[];
  /**
   * Runs the model; returns the outputs named (default: all). Rejects with an InternalError that names a feed which
   * is missing, unknown or of another type or shape than the model's, and with an Error carrying ONNX Runtime's
   * message when a node fails.
   */
  run(feeds: Tensors, outputs?: readonly string[], options?: FeedOptions): Promise<Tensors>;
  /** Frees the model. Nothing may be run afterwards. */
  release(): Promise<void>;
}

export interface TrainerParameter {
  /** The graph input. */
  readonly name: string;
  /**
   * The graph outputs that hold its gradient: one tensor, or (indices, rows) to be added up for a table [V, W]. Absent: only
   * graphs added later depend on it.
   */
  readonly gradient?: Gradient | undefined;
  /** Whether some graph's gradient of it is sparse; default: whether `gradient` is. */
  readonly sparse?: boolean | undefined;
  /** Whether an update leaves rows without a gradient as they are, moments and decay too: `lazyRows` of `adamWUpdate`. Default false. */
  readonly lazy?: boolean | undefined;
  readonly shape: readonly number[];
  /** Start values; copied. */
  readonly data: Float32Array;
  /** Whether weight decay applies: not to biases and LayerNorm. */
  readonly decay: boolean;
  /** Factor on the learning rate of each step. */
  readonly learningRateScale: number;
}

/** What a model may be handed over with. */
interface ModelTransfer {
  /** Hand the model's bytes over instead of copying them, as `FeedOptions.transfer` does with feeds. Default false. */
  readonly transfer?: boolean;
}

export interface TrainerSpec extends ModelTransfer {
  /** An ONNX file whose graph computes the loss and all gradients. */
  readonly model: Uint8Array;
  /** The output that holds the loss, one float32. */
  readonly loss: string;
  readonly parameters: readonly TrainerParameter[];
  readonly optimizer: AdamWOptions;
  /** Gradients are scaled so that their global L2 norm is at most this; 0 turns it off. */
  readonly maxGradNorm: number;
  /** d of an exponential moving average of the parameters (`followAverages`); absent: none is kept. */
  readonly average?: number | undefined;
  /** Further outputs of the graph that each step returns, none of them a gradient; default none. */
  readonly outputs?: readonly string[];
}

export interface StepResult {
  readonly loss: number;
  /** Global L2 norm of the gradients before clipping. */
  readonly gradNorm: number;
  /** Loss and norm are finite. If not, parameters and moments are as they were before the step. */
  readonly finite: boolean;
  /** The further outputs that the trainer's spec names. */
  readonly outputs: Tensors;
  /** Time spent on the step in the worker: forward, backward and update. */
  readonly milliseconds: number;
}

/** A graph that computes gradients of some of a trainer's parameters; the parameters it depends on are inputs of the same names. */
export interface GradientSpec extends ModelTransfer {
  readonly model: Uint8Array;
  /** By parameter. */
  readonly gradients: Gradients;
  /** What each run returns beside the gradients. */
  readonly outputs: readonly string[];
}

/** A further graph of a trainer. */
export interface GradientSource {
  /** Runs the graph, adds its gradients to those of the update to come and returns its outputs. */
  accumulate(feeds: Tensors, options?: FeedOptions): Promise<Tensors>;
}

export interface UpdateOptions {
  readonly learningRate: number;
  /** What is trained on, for the check that it is finite. */
  readonly loss: number;
  /** Factor on the gradients, before their norm is taken; default 1. */
  readonly scale?: number;
}

/** What an update found. */
export type UpdateOutcome = Pick<StepResult, "gradNorm" | "finite">;

/** Everything that the next update depends on besides its batch. Tensors are float32 and by parameter name. */
export interface TrainerState {
  /** Updates made so far. */
  readonly step: number;
  readonly parameters: ReadonlyMap<string, Tensor>;
  readonly firstMoments: ReadonlyMap<string, Tensor>;
  readonly secondMoments: ReadonlyMap<string, Tensor>;
  /** Moving averages, where the trainer keeps them. */
  readonly averages?: ReadonlyMap<string, Tensor> | undefined;
}

/** Which numbers of every parameter are meant, and what follows the parameter's name in a file of them. */
export interface StoredTensors {
  readonly part: "parameter" | "firstMoment" | "secondMoment" | "average";
  readonly suffix: string;
}

/** Parameters, their moments and the graph that trains them. Requests are answered in the order made. */
export interface Trainer {
  /**
   * One update at the given learning rate: runs the graph, clips, AdamW. The feeds are the graph's inputs other than
   * the parameters. Several steps may be under way, so the next batch can be made while one runs.
   */
  step(feeds: Tensors, learningRate: number, options?: FeedOptions): Promise<StepResult>;
  /** The gradients of a step without its update: they are added to those of the update to come. Returns loss and outputs. */
  accumulate(feeds: Tensors, options?: FeedOptions): Promise<Tensors>;
  /** One update by the gradients accumulated since the last one; parameters without any count as having gradient 0. */
  update(options: UpdateOptions): Promise<UpdateOutcome>;
  /** Loads a further graph of gradients. It is freed with the trainer. */
  addGradients(spec: GradientSpec): Promise<GradientSource>;
  /**
   * Loads a model some of whose inputs have the names of parameters: they always hold the trainer's present values, which
   * are not copied. Release it before the trainer.
   */
  createSession(model: Uint8Array, options?: SessionOptions): Promise<Session>;
  /** A copy of the parameters as they are after the steps requested before. */
  parameters(): Promise<ReadonlyMap<string, Tensor>>;
  /** Writes a safetensors file of the given parts, from where they lie; returns its SHA-256, hex. Throws UserErrors of `fileError`. */
  write(path: string, parts: readonly StoredTensors[]): Promise<string>;
  /** A copy of parameters, moments and step count. */
  state(): Promise<TrainerState>;
  /** Continues from a state. Throws UserError `bad-state` when a tensor is missing or of another shape. */
  restore(state: TrainerState): Promise<void>;
  /**
   * Takes these parameters, by and by, so that they need not all be in memory at once; moments and step count stay. UserError `bad-state`
   * when one is unknown, of another shape or missing: then some may have been taken.
   */
  load(parameters: Iterable<readonly [string, Tensor]>): Promise<void>;
  release(): Promise<void>;
}

/** ONNX Runtime in a thread of its own. */
export interface Runtime {
  /** Threads that a running node may use. */
  readonly threads: number;
  /** Where sessions run. */
  readonly device: Device;
  /** Loads an ONNX file, from bytes (copied) or from a path (read in the worker; external data is found beside it). */
  createSession(model: Uint8Array | { path: string }, options?: SessionOptions): Promise<Session>;
  createTrainer(spec: TrainerSpec): Promise<Trainer>;
  /** Finishes what was requested, frees everything and ends the worker. */
  close(): Promise<void>;
}
