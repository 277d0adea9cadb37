// The errors that clients are told of: each is one sentence that says what to do.

/** The request cannot be answered as it is. */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly status: 400 | 403 | 404 | 405 | 409 | 413 | 503
  readonly allowedMethods: string | null

  constructor(status: HttpError['status'], message: string, allowedMethods: string | null = null) {
    super(message)
    this.status = status
    this.allowedMethods = allowedMethods
  }
}

/** An address, or a person, sends more requests than it may. */
export class TooManyRequests extends Error {
  override readonly name = 'TooManyRequests'
  readonly retryAfterSeconds: number

  readonly from: 'your address' | 'you'

  constructor(retryAfterSeconds: number, from: TooManyRequests['from'] = 'your address') {
    super('too many requests')
    this.retryAfterSeconds = retryAfterSeconds
    this.from = from
  }
}

/** The database could not be read in time. What was shown before is stale, but not known to be wrong. */
export class ServiceUnavailable extends Error {
  override readonly name = 'ServiceUnavailable'
}
