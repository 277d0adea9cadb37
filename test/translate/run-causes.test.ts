import { expect, test } from 'vitest'
import { translateAnnotations, translatePendingDeployments } from '../../src/translate/run-causes.ts'

const READ_AT = '2026-11-21T10:00:00.000Z'

test.each<[string, object]>([
  ['The run was canceled by @ada.', { kind: 'person', login: 'ada' }],
  ['The run was canceled by @ada-lovelace', { kind: 'person', login: 'ada-lovelace' }],
  ['The run was canceled by @github-actions[bot].', { kind: 'bot', login: 'github-actions[bot]' }],
  ['Canceling since a higher priority waiting request for ci-main exists', { kind: 'replaced', job: 'agent' }],
  ["Canceling since a higher priority waiting request for 'ci-main' exists", { kind: 'replaced', job: 'agent' }],
  [
    "Canceling since a deadlock for concurrency group 'ci' was detected between 'top level workflow' and 'build'",
    { kind: 'deadlock', job: 'agent' },
  ],
  [
    "Canceling since a deadlock was detected for concurrency group: 'ci' between a top level workflow and 'build'",
    { kind: 'deadlock', job: 'agent' },
  ],
  ['The job has exceeded the maximum execution time of 45m0s', { kind: 'job-time-limit', job: 'agent' }],
  [
    'The job running on runner GitHub Actions 2 has exceeded the maximum execution time of 360 minutes.',
    { kind: 'job-time-limit', job: 'agent' },
  ],
  [
    'The job has exceeded the maximum execution time while awaiting a runner for 24h0m0s',
    { kind: 'no-runner', job: 'agent' },
  ],
  [
    'The job was not acquired by Runner of type hosted even after multiple attempts',
    { kind: 'no-runner', job: 'agent' },
  ],
  [
    'This request was automatically failed because there were no enabled runners online to process the request for more than 1 days.',
    { kind: 'no-runner', job: 'agent' },
  ],
  [
    'The hosted runner: GitHub Actions 9 lost communication with the server. Anything in your workflow that',
    { kind: 'runner-lost', job: 'agent' },
  ],
  [
    'The self-hosted runner: arm-3 lost communication with the server. Verify the machine is running.',
    { kind: 'runner-lost', job: 'agent' },
  ],
  ['The hosted runner lost communication with the server.', { kind: 'runner-lost', job: 'agent' }],
  ['The runner has received a shutdown signal. This can happen when', { kind: 'runner-lost', job: 'agent' }],
  [
    "The deployment was rejected or didn't satisfy other protection rules.",
    { kind: 'deployment-rejected', job: 'agent' },
  ],
  ['The operation was canceled.', { kind: 'unexplained', since: READ_AT, until: READ_AT }],
  ['my test: The run was canceled by @ada.', { kind: 'unexplained', since: READ_AT, until: READ_AT }],
  ['', { kind: 'unexplained', since: READ_AT, until: READ_AT }],
])('the annotation %j explains a cancellation', (message, explanation) => {
  expect(translateAnnotations([{ job: 'agent', annotations: [{ message }] }], READ_AT)).toEqual(explanation)
})

test('a person who cancelled the run counts before a bot and before what else happened to its jobs', () => {
  const jobWith = (job: string, ...messages: string[]) => ({
    job,
    annotations: messages.map((message) => ({ message })),
  })
  const lost = jobWith('unit', 'The runner has received a shutdown signal.', 'The operation was canceled.')
  const bot = jobWith('lint', 'The run was canceled by @helper[bot].')
  const person = jobWith('build', 'The run was canceled by @ada.')
  expect(translateAnnotations([lost, bot, person], READ_AT)).toEqual({ kind: 'person', login: 'ada' })
  expect(translateAnnotations([lost, bot], READ_AT)).toEqual({ kind: 'bot', login: 'helper[bot]' })
  expect(translateAnnotations([lost], READ_AT)).toEqual({ kind: 'runner-lost', job: 'unit' })
  const nothing = { kind: 'unexplained', since: READ_AT, until: READ_AT }
  expect(translateAnnotations([], READ_AT)).toEqual(nothing)
  expect(translateAnnotations([{ job: 'build', annotations: [{ message: null }, {}] }], READ_AT)).toEqual(nothing)
})

const production = { environment: { name: 'production' }, reviewers: [{ type: 'User' }], wait_timer: 30 }
const staging = { environment: { name: 'staging' }, reviewers: [], wait_timer: 30 }
const preview = { environment: { name: 'preview' }, reviewers: null, wait_timer: 0 }

test.each<[string, unknown, object]>([
  ['reviewers before all else', [staging, production], { kind: 'reviewers', environments: ['production'] }],
  ['a timer', [preview, staging], { kind: 'timer', environments: ['staging'] }],
  ['a rule of an App', [preview], { kind: 'rule', environments: ['preview'] }],
  ['nothing any more', [], { kind: 'rule', environments: [] }],
  ['perhaps a person, where it cannot be read', null, { kind: 'reviewers', environments: [] }],
])('an environment waits for %s', (_, read, wait) => {
  expect(translatePendingDeployments(read, READ_AT)).toEqual({ ...wait, readAt: READ_AT })
})
