/** Name, shape and treatment of one trained tensor. */
export interface HeadParameter {
  readonly name: string;
  readonly shape: readonly number[];
  /** Whether weight decay applies: to weights, not to biases. */
  readonly decay: boolean;
}
