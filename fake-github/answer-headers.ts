// What every answer carries: GitHub's time to the second, and how much of the hour's quota is left.
// https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#checking-the-status-of-your-rate-limit
import type { ApiResponse } from './api-request.ts'
import type { Identity } from './identity.ts'
import type { World } from './world.ts'

const ALLOWED_AN_HOUR = 5_000
const HOUR_SECONDS = 3_600

export type AnswerHeaders = {
  /** The answer with the headers that it lacks. */
  complete(answer: ApiResponse, request: { readonly identity: Identity; readonly path: string }): ApiResponse
}

export function openAnswerHeaders(world: World): AnswerHeaders {
  const windows = new Map<string, { readonly reset: number; used: number }>()

  function quotaHeaders(client: string, resource: string): Record<string, string> {
    const seconds = Math.floor(world.clock.nowMs() / 1000)
    const key = `${client} ${resource}`
    let open = windows.get(key)
    if (open === undefined || open.reset <= seconds) {
      open = { reset: seconds + HOUR_SECONDS, used: 0 }
      windows.set(key, open)
    }
    open.used += 1
    return {
      'x-ratelimit-limit': String(ALLOWED_AN_HOUR),
      'x-ratelimit-remaining': String(Math.max(0, ALLOWED_AN_HOUR - open.used)),
      'x-ratelimit-reset': String(open.reset),
      'x-ratelimit-used': String(open.used),
      'x-ratelimit-resource': resource,
    }
  }

  return {
    complete(answer, { identity, path }) {
      const headers: Record<string, string> = { date: new Date(world.clock.answerMs()).toUTCString() }
      const isLimited = identity.kind === 'app' || identity.kind === 'installation'
      if (isLimited) Object.assign(headers, quotaHeaders(identity.kind, path === '/graphql' ? 'graphql' : 'core'))
      return { ...answer, headers: { ...headers, ...answer.headers } }
    },
  }
}
