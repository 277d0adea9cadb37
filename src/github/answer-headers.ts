// What every answer of GitHub says beside its content: GitHub's time, and how much of the quota is left.
// https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#checking-the-status-of-your-rate-limit

/** GitHub's clock was read between two moments of ours. */
export type GitHubClockReading = { readonly theirs: string; readonly sentAt: string; readonly receivedAt: string }

export type GitHubQuota = {
  readonly resource: string
  readonly allowed: number
  readonly remaining: number
  readonly resetsAt: string
}

/** What is learnt from an answer's headers. */
export type Overheard = {
  /** `installationId` is 0 for the App itself. */
  quota(installationId: number, quota: GitHubQuota): void
  clock(reading: GitHubClockReading): void
}

export function quotaOfHeaders(headers: Readonly<Record<string, string | number | undefined>>): GitHubQuota | null {
  const [allowed, remaining, reset] = ['limit', 'remaining', 'reset'].map((name) => {
    const text = headers[`x-ratelimit-${name}`]
    return text === undefined || !/^\d{1,12}$/.test(String(text)) ? null : Number(text)
  })
  if (allowed == null || remaining == null || reset == null) return null
  const resource = String(headers['x-ratelimit-resource'] ?? 'core')
  if (!/^[a-z_]{1,40}$/.test(resource)) return null
  return { resource, allowed, remaining, resetsAt: new Date(reset * 1000).toISOString() }
}

/** The same `fetch`, which notes GitHub's time with each answer. */
export function overhearingClock(
  send: typeof fetch,
  now: () => string,
  overheard: Overheard | undefined,
): typeof fetch {
  if (overheard === undefined) return send
  return async (input, init) => {
    const sentAt = now()
    const response = await send(input, init)
    const date = Date.parse(response.headers.get('date') ?? '')
    if (!Number.isNaN(date)) overheard.clock({ theirs: new Date(date).toISOString(), sentAt, receivedAt: now() })
    return response
  }
}
