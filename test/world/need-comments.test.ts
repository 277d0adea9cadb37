// GitHub mails on a new comment and is silent on an edit. So whenever a person is needed, a new comment asks for one: once,
// with those who can answer, and it is folded away when nobody is needed any more.
import { readFileSync } from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import type { Run } from '../../fake-github/runs.ts'
import { type AndonApp, openAndonApp } from '../support/andon-app.ts'
import { expectConsistent } from '../support/consistency.ts'
import { refusingToFold } from './support/broken-answers.ts'

const ONE_STAGE = 'stages: { plan: { workflow: plan.yml, attempts: 1 } }\nchecks: { before_pull_request: off }\n'
const WITH_GATE = `stages:
  plan: { workflow: plan.yml, gate: approval }
  code: { workflow: code.yml }
  review: { pull_request: true }
checks: { before_pull_request: off }
`

let app: AndonApp
/** What a dispatched run does. */
let happens: (run: Run) => void
afterEach(() => app.close())

test('an approval is asked for once, of the person who started the issue, and folded away once it is given', async () => {
  await open(WITH_GATE, succeed)
  await app.advance(60)
  const [asked, ...others] = needs()
  expect(others).toEqual([])
  expect(asked?.text).toMatchInlineSnapshot(`
    "@ada: **plan waits for your approval** – attempt 1 of 3 succeeded

    To go on:

    \`\`\`
    /andon approve
    \`\`\`

    [its run](http://github.test/acme/widgets/actions/runs/7000000004) · [Issue #1 on the board](https://andon.example.com/acme/widgets/issues/1)"
  `)
  const mails = app.github.writes.count('comment')
  await app.advance(3_600, { stride: 60 })
  expect(app.github.writes.count('comment')).toBe(mails)
  await app.comment('/andon approve', { by: 'ada' })
  await app.advance(60)
  expect(needs()[0]).toEqual({ ...asked, folded: 'resolved' })
  await settled()
})

test('a failure names the job and the step, links to the log of that step, and says how to try again', async () => {
  await open(ONE_STAGE, failAt('build', 'npm test'))
  await app.advance(60)
  const [asked] = needs()
  expect(asked?.text.replaceAll(/\d{4,}/g, 'N')).toMatchInlineSnapshot(`
    "@ada: **plan failed**: [job build, step npm test](http://github.test/acme/widgets/actions/runs/N/job/N#step:2:1) – attempt 1 of 1 failed

    To try it again:

    \`\`\`
    /andon retry plan
    \`\`\`

    [its run](http://github.test/acme/widgets/actions/runs/N) · [Issue #1 on the board](https://andon.example.com/acme/widgets/issues/1)"
  `)
  happens = succeed
  await app.comment('/andon retry plan', { by: 'ada' })
  await app.advance(60)
  expect(needs()).toEqual([{ ...asked, folded: 'resolved' }])
  await settled()
})

test('every failure after a retry is a need of its own', async () => {
  await open(ONE_STAGE, failAt('build', 'npm test'))
  for (let round = 1; round <= 4; round += 1) {
    await app.advance(90)
    expect(needs().map(({ folded }) => folded)).toEqual([...Array(round - 1).fill('resolved'), null])
    await app.comment('/andon retry plan', { by: 'ada' })
  }
  await app.advance(90)
  await settled()
})

test('a run that fails again and again by itself mails three times at most; then the last comment is opened and edited', async () => {
  app = await openAndonApp()
  const { github, repository } = app
  await github.openIssue(repository, { title: 'Retry on flaky upload', labels: ['andon'] })
  const bodies: string[] = []
  await github.createBranch(repository, 'andon/issue-1')
  for (let round = 1; round <= 6; round += 1) {
    const run = await github.startRun(repository, 'plan.yml', { branch: 'andon/issue-1' })
    fail(run, `job ${round}`)
    await app.advance(50)
    const open = needs().filter(({ folded }) => folded === null)
    expect(open, `round ${round}`).toHaveLength(1)
    bodies.push(String(open[0]?.text))
  }
  expect(needs()).toHaveLength(3)
  expect(bodies.at(-1)).toContain('job 6')
  expect(bodies.at(-1)).not.toContain('@ada')
  await settled()
})

test('an edit of it that GitHub answers 404, although it opens it, is tried seldom', async () => {
  app = await openAndonApp()
  const { github, repository } = app
  await github.openIssue(repository, { title: 'Retry on flaky upload', labels: ['andon'] })
  await github.createBranch(repository, 'andon/issue-1')
  let refused = 0
  github.chooseFaults(({ method, body }) => {
    if (method !== 'PATCH' || !JSON.stringify(body).includes('/need/')) return null
    refused += 1
    return { kind: 'refuse', status: 404, message: 'Not Found' }
  })
  for (let round = 1; round <= 4; round += 1) {
    fail(await github.startRun(repository, 'plan.yml', { branch: 'andon/issue-1' }), `job ${round}`)
    await app.advance(50)
  }
  await app.advance(600, { stride: 5 })
  expect(refused).toBeGreaterThan(0)
  expect(refused).toBeLessThanOrEqual(10)
})

test.each([
  ['may not write any more', 'linus', (name: string) => app.github.setPermission(name, 'read')],
  ['is a bot', 'github-actions[bot]', () => undefined],
])('nobody is mentioned when the one who started the issue %s', async (_, by, change) => {
  app = await openAndonApp({ configuration: 'stages: { plan: { workflow: plan.yml, observe: true } }\n' })
  const { github, repository } = app
  github.writeFile(repository, '.github/andon.yml', 'stages: { plan: { workflow: plan.yml, observe: true } }\n')
  const issue = await github.openIssue(repository, { title: 'Retry on flaky upload' })
  await github.label(repository, issue, 'andon', by)
  await app.advance(20)
  change(by)
  await github.createBranch(repository, 'andon/issue-1')
  const run = await github.startRun(repository, 'plan.yml', { branch: 'andon/issue-1' })
  fail(run, 'build')
  await app.advance(60)
  expect(needs().at(-1)?.text).toContain('plan failed')
  for (const { text } of needs()) expect(text).not.toMatch(/@\w/)
  await settled()
})

test('those the issue is assigned to are mentioned beside who started it, once each and only if they may write', async () => {
  await open(WITH_GATE, succeed)
  await app.github.assign(app.repository, 1, ['ada', 'linus', 'passerby', 'github-actions[bot]'])
  await app.advance(60)
  expect(needs().map(({ text }) => text.match(/@\w+/g))).toEqual([['@ada', '@linus']])
  expect(needs()[0]?.text).toMatch(/^@ada, @linus: \*\*plan waits for your approval/)
  // Who is assigned later finds the comment where it is: nobody gets a second mail.
  await app.github.assign(app.repository, 1, ['trinity'])
  await app.advance(60)
  expect(needs()).toHaveLength(1)
  await settled()
})

test('names that people choose break nothing in the comment and mention nobody', async () => {
  await open(ONE_STAGE, (run) => fail(run, '@grace | `x` <b>](https://evil.example) -->', '@acme/core **`fixes #1`'))
  await app.advance(60)
  const [asked] = needs()
  expect(asked?.text.match(/@[\w/-]+/g)).toEqual(['@ada'])
  expect(asked?.text).not.toMatch(/<b>|\]\(https:\/\/evil|fixes #1/)
  await settled()
})

test('a comment that GitHub does not let be folded away is edited to one line', async () => {
  await open(WITH_GATE, succeed)
  await app.advance(60)
  app.github.chooseFaults(refusingToFold)
  await app.comment('/andon approve', { by: 'ada' })
  await app.advance(60)
  expect(needs()[0]?.text).toBe('Nobody is needed for this any more.')
})

test.each(['502-after', 'reset-after', '502-before', 'hang-after'] as const)(
  'a lost answer (%s) leaves one comment that asks',
  async (kind) => {
    await open(WITH_GATE, succeed)
    let faults = 0
    app.github.chooseFaults(({ kind: request, body }) => {
      const isAsking = request === 'comment' && String((body as { body: string }).body).includes('/need/')
      return isAsking && faults++ === 0 ? { kind } : null
    })
    await app.advance(180)
    expect(faults).toBeGreaterThan(0)
    expect(needs()).toHaveLength(1)
    await settled()
  },
)

test('a run that GitHub shows as alive and that does not move asks after a quarter of an hour, and not before', async () => {
  app = await openAndonApp()
  const { github, repository } = app
  await github.openIssue(repository, { title: 'Retry on flaky upload', labels: ['andon'] })
  await github.createBranch(repository, 'andon/issue-1')
  const run = await github.startRun(repository, 'plan.yml', { branch: 'andon/issue-1' })
  run.start()
  run.job('build').start()
  await app.advance(40 * 60, { stride: 60 })
  expect(needs()).toEqual([])
  await app.advance(10 * 60, { stride: 60 })
  expect(needs().map(({ text }) => text.split('\n')[0])).toMatchInlineSnapshot(`
    [
      "@ada: **plan stands still** – attempt 1, job build, step "Set up job" (0 of 3)",
    ]
  `)
  run.succeed()
  await app.advance(60)
  expect(needs().map(({ folded }) => folded)).toEqual(['resolved'])
  await settled()
})

test('where the file turns comments off, nobody is asked by a comment', async () => {
  await open(`${ONE_STAGE}comments: off\n`, failAt('build', 'npm test'))
  await app.advance(60)
  expect(app.github.comments(app.repository, 1)).toEqual([])
})

async function open(configuration: string, run: (run: Run) => void): Promise<void> {
  app = await openAndonApp({ configuration })
  for (const name of ['code.yml', 'test.yml'])
    app.github.writeFile(app.repository, `.github/workflows/${name}`, readFileSync(`docs/workflows/${name}`, 'utf8'))
  happens = run
  app.github.onDispatch((dispatched) => happens(dispatched))
  await app.openLabeledIssue()
}

function succeed(run: Run): void {
  run.start()
  run.succeed()
}

function failAt(job: string, step: string) {
  return (run: Run) => fail(run, job, step)
}

function fail(run: Run, name: string, step = 'Run the agent'): void {
  run.start()
  const job = run.job(name, ['Set up job', step, 'Complete job'])
  job.start()
  job.step()
  job.fail()
  run.fail()
}

/** The comments that ask for a person, oldest first. */
function needs(): readonly { readonly text: string; readonly folded: string | null }[] {
  return app.github.comments(app.repository, 1).flatMap(({ id, body }) => {
    const [, text] = /^<!-- andon:v1 \d+\/need\/\S+ -->\n([\s\S]*?)\n$/.exec(body) ?? []
    return text === undefined ? [] : [{ text, folded: app.github.minimizedReason(id) }]
  })
}

async function settled(): Promise<void> {
  await expectConsistent({ database: app.database, now: app.clock.now(), github: app.github })
}
