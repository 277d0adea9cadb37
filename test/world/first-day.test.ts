// Mistakes of the first day, when nothing has happened yet: the board must not say that all is well.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type AndonApp, openAndonApp } from '../support/andon-app.ts'

let app: AndonApp
beforeEach(async () => {
  app = await openAndonApp()
})
afterEach(() => app.close())

const get = async (path: string) => (await (await fetch(`${app.url}${path}`)).text()).replaceAll('&#39;', "'")
const REFUSALS = [
  ['a key of another App', 401, 'A JSON web token could not be decoded'],
  ['an id of another App', 401, "'Issuer' claim ('iss') must be an Integer"],
  ['a clock that is wrong', 401, "'Expiration time' claim ('exp') is too far in the future"],
  ['an App that was deleted', 404, 'Integration not found'],
] as const

test.each(REFUSALS)(
  '%s is shown at once, with what to do, and no longer once it is right',
  async (_, status, message) => {
    app.github.chooseFaults(({ path }) => (path === '/app' ? { kind: 'refuse', status, message } : null))
    await app.advance(20)
    expect(await get('/')).toContain(`GitHub does not accept the App's credentials: `)
    expect(await get('/')).toContain('the operator checks APP_ID and PRIVATE_KEY')
    expect(await get('/healthz')).toContain('no access to the App: APP_ID or PRIVATE_KEY is wrong')
    app.github.chooseFaults(() => null)
    await app.advance(8 * 60, { stride: 60 })
    expect(await get('/')).not.toContain('credentials')
    expect(await get('/healthz')).not.toContain('no access')
  },
)

test.each(['unreachable', 'no-dns', '502-before', 'hang-before'] as const)(
  'a GitHub that does not answer (%s) is shown after a minute, with what to do',
  async (kind) => {
    const repair = app.github.injectFault({ requests: ['read', 'token'], kind })
    await app.advance(50)
    expect(await get('/')).not.toContain('no answer comes from GitHub')
    await app.advance(60)
    expect(await get('/')).toContain('no answer comes from GitHub')
    expect(await get('/healthz')).toContain('no answer comes')
    repair()
    await app.advance(60)
    expect(await get('/')).not.toContain('no answer comes from GitHub')
  },
)

test('a GitHub that is lost later is noticed by the first call without an answer, within minutes', async () => {
  await app.openLabeledIssue()
  await app.advance(60)
  const repair = app.github.injectFault({
    requests: ['read', 'token', 'graphql', 'permission', 'comment', 'reaction'],
    kind: 'unreachable',
  })
  await app.comment('/andon status')
  await app.advance(150)
  expect(await get('/')).toContain('no answer comes from GitHub')
  repair()
  await app.advance(60)
  expect(await get('/')).not.toContain('no answer comes from GitHub')
})

test('a process that starts with the right key finds out at once', async () => {
  const [, status, message] = REFUSALS[0]
  app.github.chooseFaults(({ path }) => (path === '/app' ? { kind: 'refuse', status, message } : null))
  await app.advance(20)
  app.github.chooseFaults(() => null)
  const restarted = await app.startAnother()
  await app.advance(10, { andons: [restarted] })
  expect(await get('/')).not.toContain('credentials')
})

test('an idle installation asks once an hour', async () => {
  let asked = 0
  app.github.chooseFaults(({ path }) => {
    if (path === '/app') asked += 1
    return null
  })
  await app.advance(3 * 60 * 60 + 10, { stride: 60 })
  expect(asked).toBe(4)
})

test('a mistaken file and a workflow that cannot be started are counted for the operator', async () => {
  const { github, repository } = app
  await app.openLabeledIssue()
  github.writeFile(repository, '.github/workflows/plan.yml', 'on: push')
  await app.advance(120)
  expect(await get('/healthz')).toContain('1 issue waits for a workflow that GitHub does not start')
  expect(await get('/')).toContain('workflow_dispatch')
  github.writeFile(repository, '.github/andon.yml', 'stages: 7')
  await app.advance(30)
  expect(await get('/healthz')).toContain('1 andon.yml has mistakes')
  expect(await get('/healthz')).not.toContain(repository)
})
