// Rules by which selecting data choose α: each takes the grid, the metric at its points and the same on resamples of the rows, and
// gives the number of a point.

const argmax = (values) => values.indexOf(Math.max(...values));

/** Numbers of the grid that are multiples of a step. */
const coarse = (alphas, step) =>
  alphas.flatMap((alpha, i) =>
    Math.abs(alpha / step - Math.round(alpha / step)) < 1e-9 ? [i] : [],
  );

function best(step) {
  return ({ alphas, seen }) => {
    const points = coarse(alphas, step);
    return points[argmax(points.map((i) => seen[i]))];
  };
}

/** The top of the least-squares parabola through the points of a grid. */
function quadratic(step) {
  return ({ alphas, seen }) => {
    const points = coarse(alphas, step);
    const [a, b, c] = parabola(points.map((i) => [alphas[i], seen[i]]));
    return argmax(alphas.map((x) => a + b * x + c * x * x));
  };
}

/** a + b·x + c·x² by the normal equations, solved by Cramer's rule. */
function parabola(points) {
  const s = [0, 1, 2, 3, 4].map((power) => points.reduce((sum, [x]) => sum + x ** power, 0));
  const t = [0, 1, 2].map((power) => points.reduce((sum, [x, y]) => sum + y * x ** power, 0));
  const det = (m) =>
    m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) -
    m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0]) +
    m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0]);
  const m = [s.slice(0, 3), s.slice(1, 4), s.slice(2, 5)];
  const with_ = (k) => m.map((row, i) => row.map((value, j) => (j === k ? t[i] : value)));
  const whole = det(m);
  return [0, 1, 2].map((k) => det(with_(k)) / whole);
}

/** Of the points whose paired difference to the best is within `errors` standard errors, the one that `prefer` finds nearest. */
function within(errors, step, prefer) {
  return ({ alphas, seen, resamples }) => {
    const points = coarse(alphas, step);
    const top = points[argmax(points.map((i) => seen[i]))];
    const near = points.filter((i) => {
      const differences = resamples.map((values) => values[top] - values[i]);
      const mean = differences.reduce((sum, x) => sum + x, 0) / differences.length;
      const squares = differences.reduce((sum, x) => sum + (x - mean) ** 2, 0);
      const error = Math.sqrt(squares / (differences.length - 1));
      return seen[top] - seen[i] <= errors * error;
    });
    return near.reduce((a, b) =>
      Math.abs(alphas[b] - prefer) < Math.abs(alphas[a] - prefer) ? b : a,
    );
  };
}

/** A rule among the points that are no worse than the base on the part. */
function orBase(rule, step) {
  return (line) => {
    const top = best(step)(line);
    if (top === 0) return 0;
    const chosen = rule(line);
    return line.seen[chosen] < line.seen[0] ? top : chosen;
  };
}

const fixed =
  (alpha) =>
  ({ alphas }) =>
    alphas.indexOf(alpha);

export const RULES = {
  "best of 11": best(0.1),
  "best of 6": best(0.2),
  "best of 3": best(0.5),
  "parabola of 11": quadratic(0.1),
  "parabola of 6": quadratic(0.2),
  "smallest within 1 error, 6": within(1, 0.2, 0),
  "smallest within ½ error, 6": within(0.5, 0.2, 0),
  "nearest ½ within 1 error, 11": within(1, 0.1, 0.5),
  "nearest ½ within ½ error, 11": within(0.5, 0.1, 0.5),
  "nearest ½ within ½ error, 6": within(0.5, 0.2, 0.5),
  "the same, none below base": orBase(within(0.5, 0.2, 0.5), 0.2),
  "nearest 1 within ½ error, 6": within(0.5, 0.2, 1),
  "parabola of 6, none below base": orBase(quadratic(0.2), 0.2),
  "nearest 1, none below base": orBase(within(0.5, 0.2, 1), 0.2),
  "fixed 0.5": fixed(0.5),
  "plain (1)": fixed(1),
  "base (0)": fixed(0),
};
