// The real client against a GitHub that nock plays: no request leaves the machine, and an unexpected one fails.
import { generateKeyPairSync } from 'node:crypto'
import nock from 'nock'
import pino from 'pino'
import { afterEach, beforeEach, expect } from 'vitest'
import { type GitHub, openGitHub } from '../../../src/github/client.ts'
import { GitHubFailure } from '../../../src/github/failure.ts'
import type { GitHubOptions } from '../../../src/github/request.ts'

export const API = 'https://api.github.test'
export const APP_ID = 4711
export const NOW = '2026-11-21T14:02:31.000Z'
export const RECEIPT = { kind: 'read', id: 'a-question', at: NOW } as const
export const REPOSITORY = { installationId: 7, repositoryId: 1, owner: 'acme', name: 'widgets' }

const privateKey = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString()

type ClientOptions = Partial<Pick<GitHubOptions, 'apiUrl' | 'timeoutMs' | 'fetch' | 'onMoved' | 'now'>>

export function openTestClient(o: ClientOptions = {}): GitHub {
  return openGitHub({ appId: APP_ID, privateKey, apiUrl: API, now: () => NOW, log: pino({ level: 'silent' }), ...o })
}

/** Expects a request for a token of exactly one repository. */
export function expectTokenRequest(token = 'ghs_one', times = 1, base = API): void {
  nock(base)
    .post('/app/installations/7/access_tokens', { repository_ids: [1] })
    .times(times)
    .reply(201, { token, expires_at: '2099-01-01T00:00:00Z', permissions: {}, repository_selection: 'selected' })
}

/** Every test starts without expectations and must use up those that it makes. */
export function useNock(): void {
  beforeEach(() => {
    nock.disableNetConnect()
  })
  afterEach(() => {
    const pending = nock.pendingMocks()
    nock.abortPendingRequests()
    nock.cleanAll()
    nock.enableNetConnect()
    expect(pending).toEqual([])
  })
}

/** The failure that a call ends with. */
export async function failureOf(call: Promise<unknown>): Promise<GitHubFailure> {
  const failure = await call.then(
    () => null,
    (error) => error,
  )
  expect(failure).toBeInstanceOf(GitHubFailure)
  return failure
}
