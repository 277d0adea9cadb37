// GitHub answers one of the calls that Andon makes with 404, 410 or 422, for hours: it is not repeated without end, nothing else
// stops for it, the words are true, and what comes afterwards goes on.
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import type { RecordedRequest } from '../../fake-github/write-log.ts'
import { recordMeasurements, repetitions } from '../support/measurements.ts'
import { type LineWorld, openLineWorld } from './support/line-world.ts'

const CONFIGURATION = `stages:
  plan: { workflow: plan.yml, attempts: 2, timeout: 5m }
  code: { workflow: code.yml, attempts: 2 }
  review: { pull_request: true }
`
const ANSWERS = [
  [404, 'Not Found'],
  [410, 'This was deleted'],
  [422, 'Validation Failed'],
] as const

/** Each call; what is said while it is answered 404, where Andon cannot go on without it. */
const CALLS: readonly (readonly [string, RegExp, RegExp?])[] = [
  [
    'a token',
    /^POST \/app\/installations\/\d+\/access_tokens$/,
    /is not installed here any more; an owner installs Andon/,
  ],
  ['GraphQL', /^POST \/graphql$/],
  ['a file', /^GET .*\/contents\//],
  ['a workflow', /^GET .*\/actions\/workflows\/[^/]+$/],
  ['a permission', /^GET .*\/collaborators\//, /@ada may not start this: it needs write permission/],
  ['a run', /^GET .*\/actions\/runs\/\d+$/],
  ['the jobs of a run', /^GET .*\/actions\/runs\/\d+\/jobs/],
  ['the runs', /^GET .*\/(workflows\/[^/]+|actions)\/runs$/],
  ['an issue', /^GET .*\/issues\/\d+$/],
  ['the issues', /^GET .*\/issues$/],
  ['the events of an issue', /^GET .*\/issues\/\d+\/events$/],
  ['a pull request', /^GET .*\/pulls\/\d+$/],
  ['the reviews', /^GET .*\/pulls\/\d+\/reviews$/],
  ['the repository', /^GET \/repos\/[^/]+\/[^/]+$/],
  [
    'the log of deliveries',
    /^GET \/app\/hook\/deliveries/,
    /log of deliveries cannot be read since .*, so nobody knows what is missing/,
  ],
  ['the App', /^GET \/app$/, /does not accept the App's credentials: .*; the operator checks APP_ID and PRIVATE_KEY/],
  ['a dispatch', /^POST .*\/dispatches$/],
  ['a cancellation', /^POST .*\/(force-)?cancel$/],
  ['a comment', /^POST .*\/issues\/\d+\/comments$/],
  ['an edit of a comment', /^PATCH .*\/issues\/comments\//],
  ['a check', /^POST .*\/check-runs$/],
  ['an edit of a check', /^PATCH .*\/check-runs\//],
  ['a reaction', /^POST .*\/reactions$/],
  ['the end of a reaction', /^DELETE .*\/reactions\//],
]
/** The App asks for its log once a minute. */
const MOST_IN_TWO_HOURS = 125
const HOUR = 3_600
const SHORT = new Set(['an edit of a comment 404'])
const CASES = CALLS.flatMap((call) =>
  ANSWERS.map((answer) => ({ call, answer, isShort: SHORT.has(`${call[0]} ${answer[0]}`) })),
)

vi.setConfig({ testTimeout: 120_000 })

let world: LineWorld
afterEach(() => world.close())
let most = 0
const cases = CASES.filter(({ isShort }) => isShort || repetitions(0, 1) === 1)
afterAll(() =>
  recordMeasurements('refused-calls', { faults: cases.length, 'most such calls in two hours': most, wrong: 0 }),
)

test.each(
  cases.map(({ call: [name, pattern, words], answer: [status, message] }) => ({
    name,
    status,
    pattern,
    words,
    message,
  })),
)(
  '$name is answered $status for two hours: no loop, nothing else stops, true words',
  async ({ pattern, words, status, message }) => {
    world = await openLineWorld(CONFIGURATION)
    const { app, github, repository } = world
    let refused = 0
    const isIt = ({ method, path }: RecordedRequest) => pattern.test(`${method} ${path}`)
    const refuse = (request: RecordedRequest) => {
      if (!isIt(request)) return null
      refused += 1
      return { kind: 'refuse', status, message } as const
    }
    github.chooseFaults(refuse)
    github.chooseTokenFaults(refuse)
    let finished = 0
    github.onDispatch((run) => {
      run.start()
      run.job('agent').start()
    })
    await app.github.openIssue(repository, { title: 'First', labels: ['andon'] })
    await app.advance(60)
    await app.comment('/andon why')
    await app.advance(60)
    for (const run of github.runs) if (finished++ % 2 === 0) run.fail()
    await app.advance(120)
    await app.comment('/andon cancel plan')
    const branch = 'andon/issue-1'
    await github.createBranch(repository, branch)
    const pull = await github.openPullRequest(repository, { branch, title: 'Fix', body: 'Fixes #1' })
    await github.review(repository, pull, 'request changes')
    await app.advance(300, { stride: 2 })
    await app.advance(2 * HOUR - 300, { stride: 60 })
    most = Math.max(most, refused)
    const detail = await world.detail(1)
    const health = (await (await fetch(`${app.url}/healthz`)).json()) as { readonly degraded: readonly string[] }
    // What it says of another refusal is that it asks again.
    if (words !== undefined && status === 404) expect([detail?.reason, ...health.degraded].join('\n')).toMatch(words)
    expect(refused).toBeLessThanOrEqual(MOST_IN_TWO_HOURS)

    github.clearFaults()
    await app.advance(HOUR, { stride: 60 })
    const second = await github.openIssue(repository, { title: 'Second', labels: ['andon'] })
    await app.advance(300, { stride: 20 })
    expect(app.dispatched()).toContain(`${second}/plan/1`)
    expect(github.comments(repository, second).length).toBeGreaterThan(0)
  },
)
