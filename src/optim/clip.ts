/**
 * Factor by which gradients are multiplied so that their global L2 norm is at most `max`:
 * min(1, max / (norm + 1e-6)), as torch.nn.utils.clip_grad_norm_ (Pascanu 2013). 1 when `max` is 0: no clipping.
 */
export function clipFactor(norm: number, max: number): number {
  return max === 0 ? 1 : Math.min(1, max / (norm + 1e-6));
}
