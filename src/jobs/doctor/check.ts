/** good: as it should be; slow: works, though not as well as it could; bad: something will fail. */
type CheckStatus = "good" | "slow" | "bad";

/** One thing that was looked at. */
export interface Check {
  readonly name: string;
  readonly status: CheckStatus;
  /** What was found, one line. */
  readonly found: string;
  /** What to do about it; absent where nothing needs to be done. */
  readonly advice?: string | undefined;
}

/** A check that turns an error into a bad line, with the error's hint as advice. */
export async function checked(
  name: string,
  advice: string,
  look: () => Check | Promise<Check>,
): Promise<Check> {
  try {
    return await look();
  } catch (error) {
    const { message, hint } = error as { message?: string; hint?: string };
    return { name, status: "bad", found: message ?? String(error), advice: hint ?? advice };
  }
}
