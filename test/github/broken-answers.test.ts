// A proxy between us and GitHub may answer 200 with a page, or cut an answer short. Every reader treats that as a failed
// call, which is repeated, and never as "there is none".
import nock from 'nock'
import { afterEach, describe, expect, test } from 'vitest'
import type { GitHub } from '../../src/github/client.ts'
import { API, failureOf, openTestClient, RECEIPT, REPOSITORY } from './support/nock-github.ts'

const SHA = 'c0de000000000000000000000000000000000000'
const SINCE = '2026-11-21T13:52:31.000Z'

const READS: readonly [string, (github: GitHub) => Promise<unknown>][] = [
  ['an issue', (github) => github.readIssue(REPOSITORY, 42, RECEIPT)],
  ['a pull request', (github) => github.readPullRequest(REPOSITORY, 57, RECEIPT)],
  ['the head of the default branch', (github) => github.readDefaultBranchSha(REPOSITORY)],
  ['a role', (github) => github.readRole(REPOSITORY, 'alice')],
  ['a run', (github) => github.readRun(REPOSITORY, { runId: 7 }, RECEIPT)],
  [
    'the runs of an attempt',
    (github) => github.findRuns(REPOSITORY, { workflow: 'plan.yml', since: SINCE, key: 'k' }, RECEIPT),
  ],
  ['a workflow', (github) => github.readWorkflow(REPOSITORY, 'plan.yml')],
  ['the comments of an issue', (github) => github.findComments(REPOSITORY, 42, '<!-- andon -->', SINCE)],
  ['the check runs of a commit', (github) => github.findCheckRuns(REPOSITORY, SHA, 'x')],
]

const JSON_TYPE = { 'content-type': 'application/json' }
const BROKEN: readonly [string, string, Record<string, string>][] = [
  ['a page', '<!DOCTYPE html><title>Unicorn!</title>', { 'content-type': 'text/html' }],
  ['half a JSON', '{"data": {"repository": {"issue": nu', JSON_TYPE],
  ['nothing', '', JSON_TYPE],
  ['null', 'null', JSON_TYPE],
  ['a number', '7', JSON_TYPE],
  ['an empty object', '{}', JSON_TYPE],
  ['fields of other types', JSON.stringify(fieldsOf(7)), JSON_TYPE],
  ['lists of other things', JSON.stringify(fieldsOf([null, 7, {}])), JSON_TYPE],
]

afterEach(() => {
  nock.cleanAll()
  nock.enableNetConnect()
})

describe.each(READS)('%s', (_, read) => {
  test.each(BROKEN)('that is answered with %s counts as not answered', async (_, body, headers) => {
    nock.disableNetConnect()
    nock(API)
      .post(/access_tokens$/)
      .reply(201, { token: 'ghs_one', expires_at: '2099-01-01T00:00:00Z', permissions: {} })
    nock(API).persist().get(/./).reply(200, body, headers)
    nock(API).persist().post('/graphql').reply(200, body, headers)
    expect(await failureOf(read(openTestClient()))).toMatchObject({ kind: 'retryable' })
  })
})

/** Every field that a reader looks for, with the same value. */
function fieldsOf(value: unknown): object {
  const rest = { type: value, permission: value, workflow_runs: value, jobs: value, check_runs: value, id: value }
  const graphql = { issue: value, pullRequest: value, defaultBranchRef: value }
  return { ...rest, data: { repository: graphql } }
}
