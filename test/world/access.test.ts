// GitHub keeps Andon out: that is a state of the world, and no refusal of the text. It spends no try and no attempt, people are
// shown what to do, and it ends with the event that lifts it, or by the next try.
import { readFileSync } from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import type { Fault } from '../../fake-github/faults.ts'
import { type AndonApp, openAndonApp, PLAN } from '../support/andon-app.ts'
import { type BoardPage, type BoardRow, readBoardPage } from '../support/board-api.ts'
import { expectConsistent } from '../support/consistency.ts'

const PLAN_AND_CODE = 'stages: { plan: { workflow: plan.yml, attempts: 3 }, code: { workflow: code.yml, attempts: 3 } }'
const LOCKED = 'Unable to create comment because issue is locked.'
const IP_ALLOW_LIST =
  'Although you appear to have the correct authorization credentials, the `acme` organization has an IP allow list enabled, and your IP address is not permitted to access this resource.'
const SAML =
  'Resource protected by organization SAML enforcement. You must grant your OAuth token access to this organization.'

let app: AndonApp
afterEach(() => app.close())

async function board(): Promise<{ counts: BoardPage['counts']; row: BoardRow }> {
  const { counts, pipelines } = await readBoardPage(app.url)
  expect(pipelines).toHaveLength(1)
  return { counts, row: pipelines[0] as BoardRow }
}

async function page(path = ''): Promise<string> {
  return (await (await fetch(`${app.url}${path}`)).text()).replaceAll('&#39;', "'")
}

const issuePage = () => page(`/${app.repository}/issues/1`)
const comments = () => app.github.comments(app.repository, 1).map(({ body }) => body)

async function expectAllPublished(): Promise<void> {
  await expectConsistent({ database: app.database, now: app.clock.now(), github: app.github })
}

async function triesOf(kind: string): Promise<readonly number[]> {
  const rows = await app.database.kysely.selectFrom('effects').select(['type', 'tries']).orderBy('id').execute()
  return rows.filter(({ type }) => type === kind).map(({ tries }) => tries)
}

const refusal = (message: string, headers: Record<string, string> = {}): Fault => {
  return { kind: 'refuse', status: 403, message, headers }
}

test('a token that is refused while the installation is suspended spends no attempt, and afterwards all is published', async () => {
  app = await openAndonApp({ configuration: PLAN_AND_CODE })
  const { github, repository } = app
  github.writeFile(repository, '.github/workflows/code.yml', readFileSync('docs/workflows/plan.yml', 'utf8'))
  await app.openLabeledIssue()
  await app.advance(60)
  github.runs[0]?.start()
  await app.advance(30)
  github.expireTokens()
  github.refuseTokens({ status: 403, message: 'This installation has been suspended' })
  github.runs[0]?.succeed()
  await app.advance(20 * 60, { stride: 60 })
  const { counts, row } = await board()
  expect(row.reason).toContain('the installation of Andon is suspended; an owner unsuspends it: http')
  expect(counts.needsYou).toBe(1)
  expect(await page()).toContain('the installation of Andon is suspended')
  expect(await page('/healthz')).toContain('no access to an installation: it is suspended')
  expect(await triesOf('dispatch')).toEqual([1, 0])

  github.refuseTokens(null)
  github.suspend()
  await app.advance(60)
  github.unsuspend()
  await app.advance(20, { stride: 1 })
  expect(github.writes.count('dispatch')).toBe(2)
  expect([...new Set(app.dispatched())]).toEqual(['1/plan/1', '1/code/1'])
  await app.advance(60)
  await expectAllPublished()
  expect(comments().join()).not.toContain('suspended')
  expect(await page()).not.toContain('no access')
})

test('comments and check runs for which a permission is missing are written once it is accepted', async () => {
  app = await openAndonApp({ configuration: PLAN })
  const { github } = app
  const kinds = ['comment', 'check']
  github.chooseFaults(({ kind }) => (kinds.includes(kind) ? refusal('Resource not accessible by integration') : null))
  await app.openLabeledIssue()
  await app.advance(60)
  expect(comments()).toEqual([])
  expect(await issuePage()).toContain('the permission issues: write')
  expect(await issuePage()).toContain('the permission checks: write')
  expect((await board()).counts.needsYou).toBe(0)
  github.clearFaults()
  github.acceptPermissions()
  await app.advance(20, { stride: 1 })
  await app.advance(60)
  await expectAllPublished()
  expect(comments().join()).not.toContain('permission')
})

test.each([
  ['the installation is suspended', refusal('This installation has been suspended'), 'is suspended'],
  ['an IP allow list does not contain us', refusal(IP_ALLOW_LIST), 'IP allow list'],
  [
    'single sign-on is demanded',
    refusal(SAML, { 'x-github-sso': 'required; url=https://github.test' }),
    'single sign-on',
  ],
  ['a permission is missing', refusal('Resource not accessible by integration'), 'the permission metadata: read'],
  ['GitHub says something else', refusal('Must have admin rights to Repository.'), 'Must have admin rights'],
  ['the repository is blocked', { kind: 'refuse', status: 451, message: 'Repository access blocked' }, 'GitHub blocks'],
  ['the token is refused twice', { kind: 'refuse', status: 401, message: 'Bad credentials' }, 'Bad credentials'],
] as const)(
  'a question that is refused because %s is shown, and asked again until it is answered',
  async (_, fault, words) => {
    app = await openAndonApp({ configuration: PLAN })
    const { github } = app
    const until = Date.parse(app.clock.now()) + 4 * 60_000
    github.chooseFaults(({ kind, at }) => (kind === 'permission' && at < until ? fault : null))
    await app.openLabeledIssue()
    const command = await app.comment('/andon why', { by: 'ada' })
    await app.advance(4 * 60)
    const { counts, row } = await board()
    expect(row).toMatchObject({ light: 'queued' })
    expect(row.reason).toContain(words)
    expect(counts.needsYou).toBe(1)
    expect(app.reactions(command)).toEqual([])
    await app.advance(3 * 60)
    expect(app.dispatched()).toEqual(['1/plan/1'])
    expect(app.reactions(command)).toEqual(['eyes'])
    expect((await board()).counts.needsYou).toBe(0)
  },
)

test.each([
  ['unsuspended', () => app.github.unsuspend()],
  ['given permissions', () => app.github.acceptPermissions()],
  ['installed again', () => app.github.install()],
  ['given the repository again', () => app.github.addRepository(app.repository)],
] as const)('a question that is refused is asked at once when the installation is %s', async (_, lift) => {
  app = await openAndonApp({ configuration: PLAN })
  const { github } = app
  github.chooseFaults(({ kind }) => (kind === 'permission' ? refusal('This installation has been suspended') : null))
  await app.openLabeledIssue()
  await app.advance(2 * 3_600, { stride: 60 })
  expect((await board()).counts.needsYou).toBe(1)
  github.clearFaults()
  lift()
  await app.advance(10, { stride: 1 })
  expect(app.dispatched()).toEqual(['1/plan/1'])
})

test('one call finds out whether GitHub still refuses, however many wait', async () => {
  app = await openAndonApp({ configuration: PLAN })
  const { github, repository } = app
  await app.openLabeledIssue()
  github.chooseFaults(({ path }) => (path === '/app' ? null : refusal(IP_ALLOW_LIST)))
  for (let each = 0; each < 12; each += 1) await github.openIssue(repository, { title: 'More', labels: ['andon'] })
  await app.advance(60)
  // The App's own log is no installation's.
  const asked = () => github.writes.requests.filter(({ path }) => !path.startsWith('/app/hook')).length
  const before = asked()
  await app.advance(3_600, { stride: 30 })
  expect(asked() - before).toBeGreaterThanOrEqual(3)
  // Twenty-four questions by themselves would be more than a hundred.
  expect(asked() - before).toBeLessThanOrEqual(6)
})

test.each([404, 422, 403, 401])('two refusals of a token with %i bury no question', async (status) => {
  app = await openAndonApp({ configuration: PLAN })
  const { github } = app
  github.refuseTokens({ status, message: 'Not Found' })
  await app.openLabeledIssue()
  await app.advance(11 * 60)
  expect((await board()).counts.needsYou).toBe(1)
  github.refuseTokens(null)
  await app.advance(25 * 60)
  expect(app.dispatched()).toEqual(['1/plan/1'])
  await expectAllPublished()
})

test('a comment that a locked conversation refuses is written when it is unlocked', async () => {
  app = await openAndonApp({ configuration: PLAN })
  const { github, repository } = app
  await app.openLabeledIssue()
  await github.lock(repository, 1)
  const command = await app.comment('/andon why')
  await app.advance(3 * 60)
  expect(comments().filter((body) => body.includes('andon:'))).toEqual([])
  expect(app.dispatched()).toEqual(['1/plan/1'])
  expect(await issuePage()).toContain('the conversation is locked')
  expect(github.writes.ofKind('comment').every(({ status }) => status === 403)).toBe(true)
  await github.unlock(repository, 1)
  await app.advance(20, { stride: 1 })
  expect(comments().join()).toContain('**plan')
  expect(app.reactions(command)).toEqual(['eyes'])
  expect(await app.replies()).toHaveLength(1)
  expect(await issuePage()).not.toContain(LOCKED)
})

test.each([
  ['may not be written', refusal('Resource not accessible by integration')],
  ['are refused as they are', { kind: 'refuse', status: 422, message: 'Validation Failed' }],
] as const)('what happens reaches the comment at once while checks %s', async (_, fault) => {
  app = await openAndonApp({ configuration: PLAN })
  const { github } = app
  github.chooseFaults(({ kind }) => (kind.startsWith('check') ? fault : null))
  await app.openLabeledIssue()
  await app.advance(60)
  expect(comments().join()).toContain('**plan')
  github.runs[0]?.start()
  await app.advance(10, { stride: 1 })
  expect(comments().join()).toContain('**plan ● running**')
})

test('a file with other mistakes gets its check at once, although the one before was refused', async () => {
  const mistaken = (field: string) => `stages: { plan: { workflow: plan.yml, ${field}: 1m } }`
  app = await openAndonApp({ configuration: mistaken('timout') })
  const { github, repository } = app
  github.chooseFaults(({ kind }) => (kind === 'check' ? { kind: 'refuse', status: 422, message: 'No' } : null))
  await app.openLabeledIssue()
  await app.advance(90)
  expect(github.checkRuns(repository)).toEqual([])
  github.clearFaults()
  github.writeFile(repository, '.github/andon.yml', mistaken('limt'))
  await app.advance(20, { stride: 1 })
  expect(github.checkRuns(repository).map(({ name }) => name)).toContain('andon / configuration')
})

test('a repository that is archived before Andon knows gets its surfaces when it is unarchived', async () => {
  app = await openAndonApp({ configuration: PLAN })
  const { github, repository } = app
  github.chooseFaults(({ method }) => (method === 'GET' ? null : refusal('Repository was archived so is read-only.')))
  await app.openLabeledIssue()
  await app.advance(3 * 60)
  expect((await board()).row.reason).toContain('the repository is archived')
  github.clearFaults()
  github.setArchived(repository, true)
  await app.advance(60)
  github.setArchived(repository, false)
  await app.advance(20, { stride: 1 })
  expect(app.dispatched().at(-1)).toBe('1/plan/1')
  await expectAllPublished()
})
