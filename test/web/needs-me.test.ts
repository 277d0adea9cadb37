// `needs=me` over all of Andon: what waits for a person is shown to those it concerns, also to those an issue is assigned to.
import { afterEach, expect, test } from 'vitest'
import { type AndonApp, BASE_URL, openAndonApp } from '../support/andon-app.ts'
import { whileAway } from '../support/undelivered.ts'
import { openVisitor } from '../support/visitor.ts'

const CONFIGURATION = `stages:
  plan: { workflow: plan.yml, attempts: 1 }
checks: { before_pull_request: off }
comments: off
`

let app: AndonApp
afterEach(() => app.close())

/** The numbers of the issues that need this person. */
async function needsOf(login: string): Promise<readonly number[]> {
  const visitor = openVisitor({ ...app, baseUrl: BASE_URL })
  await visitor.signIn(login)
  const { text } = await visitor.get('/api/pipelines?needs=me')
  return (JSON.parse(text) as { pipelines: { issue: number }[] }).pipelines.map(({ issue }) => issue)
}

test('an issue that needs a person needs those it is assigned to, as long as it is', async () => {
  app = await openAndonApp({ access: 'login', configuration: CONFIGURATION })
  const { github, repository } = app
  github.onDispatch((run) => run.conclude('failure'))
  await app.openLabeledIssue()
  await github.openIssue(repository, { title: 'Nothing on the line' })
  await github.assign(repository, 1, ['grace', 'linus'])
  await github.assign(repository, 2, ['grace'])
  await app.advance(60)
  expect([await needsOf('ada'), await needsOf('grace'), await needsOf('linus')]).toEqual([[1], [1], [1]])
  expect(await needsOf('trinity')).toEqual([])
  // GitHub's deliveries of one second do not say which came last: it is asked.
  await github.assign(repository, 1, ['trinity'])
  await app.advance(20, { stride: 5 })
  expect([await needsOf('grace'), await needsOf('trinity')]).toEqual([[], [1]])
})

test('who is assigned counts as GitHub says it when it is asked, though the delivery was lost', async () => {
  app = await openAndonApp({ access: 'login', configuration: CONFIGURATION })
  const { github, repository } = app
  github.onDispatch((run) => run.conclude('failure'))
  await app.openLabeledIssue()
  await app.advance(60)
  await whileAway(github, () => github.assign(repository, 1, ['grace']))
  expect(await needsOf('grace')).toEqual([])
  // The sweep finds it in GitHub's log.
  await app.advance(600, { stride: 60 })
  expect(await needsOf('grace')).toEqual([1])
})
