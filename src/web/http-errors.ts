// What a reader can be told: each is one sentence that says what to do.

/** The request cannot be met as it stands. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: 400 | 403 | 404 | 405
  readonly allow: string | null

  constructor(status: Refusal['status'], sentence: string, allow: string | null = null) {
    super(sentence)
    this.status = status
    this.allow = allow
  }
}

/** The database could not be read in time. What was shown before is stale, and nothing is known to be wrong. */
export class Away extends Error {
  override readonly name = 'Away'
}
