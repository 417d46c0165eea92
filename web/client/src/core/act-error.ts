/** ActError is a definite refusal of an act. */
export class ActError extends Error {
  constructor(
    readonly kind: string,
    readonly code: string,
    readonly data: Record<string, unknown> = {},
  ) {
    super(`${kind}: ${code}`);
  }
}
