// After a merge, what GitHub shows is brought to its end at once: on a quiet installation nothing waits for a slot.
import { readFileSync } from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import { type AndonApp, openAndonApp } from '../support/andon-app.ts'
import { expectConsistent } from '../support/consistency.ts'

const LINE = `stages:
  plan: { workflow: plan.yml }
  code: { workflow: code.yml }
  test: { workflow: test.yml }
  review: { pull_request: true }
`
/** What is promised. */
const WITHIN_SECONDS = 30

let app: AndonApp
afterEach(() => app.close())

test('within 30 s of a merge every comment and every check run says its last word', async () => {
  app = await openAndonApp({ configuration: LINE })
  const { github, repository } = app
  for (const name of ['code.yml', 'test.yml'])
    github.writeFile(repository, `.github/workflows/${name}`, readFileSync(`docs/workflows/${name}`, 'utf8'))
  github.onDispatch((run) => {
    run.start()
    run.succeed()
  })
  await app.openLabeledIssue()
  await app.advance(300)
  await github.createBranch(repository, 'andon/issue-1')
  const pull = await github.openPullRequest(repository, { branch: 'andon/issue-1', title: 'Retry', body: 'Closes #1' })
  await app.advance(300)
  expect((await app.pipeline()).stages.map(({ status }) => status)).toEqual(['done', 'done', 'done', 'review'])

  await github.merge(repository, pull)
  await app.advance(WITHIN_SECONDS, { stride: 1 })
  await expectConsistent({ database: app.database, now: app.clock.now(), github })
  expect((await app.pipeline()).stages.map(({ status }) => status)).toEqual(['done', 'done', 'done', 'done'])
  const shown = whatPeopleRead()
  await app.advance(900, { stride: 30 })
  expect(whatPeopleRead()).toEqual(shown)
}, 120_000)

/** All that is written on GitHub, with the evidence that is folded away. */
function whatPeopleRead() {
  const comments = app.github.comments(app.repository, 1).map(({ body }) => body)
  const checks = app.github.checkRuns(app.repository).map(({ status, conclusion, output }) => {
    return { status, conclusion, title: output.title, summary: output.summary }
  })
  return { comments, checks }
}
