// One place decides what a person sees. What they may not see answers in the words of what does not exist, everywhere.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { grantFromManifest } from '../../fake-github/grant.ts'
import { type AndonApp, BASE_URL, openAndonApp } from '../support/andon-app.ts'
import { type EventReader, openEventReader } from '../support/event-reader.ts'
import { openVisitor, type Visitor } from '../support/visitor.ts'

let app: AndonApp
let visitor: Visitor
const streams: EventReader[] = []

const SECRET = 'acme/api'
const TITLE = 'The merger with Initech'

beforeEach(async () => {
  const grant = grantFromManifest()
  app = await openAndonApp({ access: 'login', grant: { ...grant, events: [...grant.events, 'member'] } })
  visitor = openVisitor({ ...app, baseUrl: BASE_URL })
  app.github.setAccess('linus', SECRET, false)
  await app.openLabeledIssue()
  app.github.writeFile(SECRET, '.github/andon.yml', 'stages: 7\n')
  await app.github.openIssue(SECRET, { title: TITLE, labels: ['andon'] })
  await app.github.comment(SECRET, 1, '/andon hold repository because the merger is not public', 'ada')
  await app.advance(30)
})
afterEach(async () => {
  for (const stream of streams.splice(0)) stream.close()
  await app.close()
})

async function openStream(path: string): Promise<EventReader> {
  const stream = await openEventReader(app.url + path, visitor.cookieHeader())
  streams.push(stream)
  return stream
}

const listed = () => app.github.writes.requests.filter(({ path }) => path === '/user/installations').length
const statusOf = async (path: string) => (await visitor.get(path)).status

describe('what a person may not see', () => {
  test.each([
    ['/acme/api', '/acme/nil'],
    ['/ACME/API', '/ACME/NIL'],
    ['/acme/api/issues/1', '/acme/nil/issues/1'],
    ['/api/pipelines?repository=acme/api', '/api/pipelines?repository=acme/nil'],
    ['/api/pipelines/acme/api/1', '/api/pipelines/acme/nil/1'],
    ['/events?repository=acme/api', '/events?repository=acme/nil'],
    ['/events?repository=acme/api&issue=1', '/events?repository=acme/nil&issue=1'],
  ])('answers at %s as what does not exist', async (hidden, missing) => {
    await visitor.signIn('linus')
    const [one, other] = [await visitor.get(hidden), await visitor.get(missing)]
    expect([one.status, other.status]).toEqual([404, 404])
    expect(one.text).toBe(other.text.replaceAll('nil', 'api').replaceAll('NIL', 'API'))
    const withoutDate = ({ headers }: typeof one) => [...headers].filter(([name]) => !/date|content-length/.test(name))
    expect(withoutDate(one)).toEqual(withoutDate(other))
  })

  test('is on no board, in no count, hold, mistake, problem or footer', async () => {
    await visitor.signIn('ada')
    const everything = await visitor.get('/')
    for (const word of [TITLE, SECRET, 'is not public', 'mistake']) expect(everything.text).toContain(word)
    await visitor.signIn('linus')
    const { text } = await visitor.get('/')
    expect(text).toContain('Retry on flaky upload')
    expect(text).not.toMatch(/Initech|acme\/api|not public|mistake/)
    const { counts, pipelines } = JSON.parse((await visitor.get('/api/pipelines')).text)
    expect(pipelines).toHaveLength(1)
    expect(counts).toMatchObject({ running: 0, queued: 1, held: 0, needsYou: 0 })
  })

  test('moves nothing that they see: no message on their stream, no later last delivery', async () => {
    await visitor.signIn('linus')
    const stream = await openStream('/events')
    await stream.nextMessage('message')
    const before = (await visitor.get('/')).text
    app.clock.advance(60)
    await app.github.editIssue(SECRET, 1, { title: `${TITLE}, again` })
    await app.github.whenIdle()
    await visitor.get('/')
    await new Promise((resolve) => setTimeout(resolve, 600))
    expect(stream.unread().filter(({ event }) => event === undefined)).toEqual([])
    const lastDelivery = (html: string) => /last delivery .*? ago/.exec(html)?.[0]?.replace(/>[^<]*</g, '><')
    expect(lastDelivery((await visitor.get('/')).text)).toBe(lastDelivery(before))
  })
})

describe('access that is lost', () => {
  test('is lost at once where GitHub tells: on pages, on the other process, and on streams that are open', async () => {
    await visitor.signIn('ada')
    const elsewhere = openVisitor({
      ...app,
      url: `http://127.0.0.1:${await (await app.startAnother()).listen()}`,
      baseUrl: BASE_URL,
    })
    for (const [name, value] of visitor.cookies) elsewhere.cookies.set(name, value)
    const board = await openStream('/events?as=json')
    const own = await openStream('/events?repository=acme/api')
    const issue = await openStream('/events?repository=acme/api&issue=1&as=json')
    for (const stream of [board, own, issue]) await stream.nextMessage('message')
    expect((await elsewhere.get('/acme/api')).status).toBe(200)
    app.github.setAccess('ada', SECRET, false)
    await app.github.whenIdle()
    expect([await statusOf('/acme/api'), (await elsewhere.get('/acme/api')).status]).toEqual([404, 404])
    expect(JSON.parse((await board.nextMessage('message')).data)).toMatchObject({
      pipelines: [],
      gone: [{ repository: SECRET, issue: 1 }],
    })
    for (const stream of [own, issue]) {
      await stream.nextMessage('gone')
      await stream.ended
    }
  })

  test('and that GitHub does not tell of is lost within five minutes, during which GitHub is asked once', async () => {
    await visitor.signIn('ada')
    const before = listed()
    app.github.setAccess('ada', SECRET, false, { tells: false })
    expect(await statusOf('/acme/api')).toBe(404)
    app.github.setAccess('ada', SECRET, true, { tells: false })
    app.clock.advance(299)
    for (let times = 0; times < 5; times++) expect(await statusOf('/acme/api')).toBe(404)
    expect(listed()).toBe(before + 1)
    app.clock.advance(1)
    expect(await statusOf('/acme/api')).toBe(200)
  })

  test.each([
    ['the repository is taken from the installation', () => app.github.removeRepository(SECRET)],
    ['the repository is deleted', () => app.github.deleteRepository(SECRET)],
    ['the App is suspended', () => app.github.suspend()],
    ['the App is removed', () => app.github.uninstall()],
  ])('because %s', async (_what, lose) => {
    await visitor.signIn('ada')
    expect(await statusOf('/acme/api')).toBe(200)
    lose()
    await app.github.whenIdle()
    expect(await statusOf('/acme/api')).toBe(404)
  })

  test('because the authorization was taken back ends sessions and streams', async () => {
    await visitor.signIn('ada')
    const stream = await openStream('/events')
    await stream.nextMessage('message')
    app.github.revokeAuthorization('ada')
    await app.github.whenIdle()
    expect(await statusOf('/')).toBe(401)
    await stream.nextMessage('gone')
    await stream.ended
  })

  test('follows the id, not the name', async () => {
    await visitor.signIn('linus')
    await app.github.renameRepository(SECRET, 'public-name')
    await app.github.whenIdle()
    expect(await statusOf('/acme/public-name')).toBe(404)
    app.github.setAccess('linus', 'acme/public-name', true)
    await app.github.whenIdle()
    expect(await statusOf('/acme/public-name/issues/1')).toBe(200)
  })

  test('when GitHub refuses the token is lost at once', async () => {
    await visitor.signIn('ada')
    await visitor.get('/')
    app.github.chooseFaults(({ path }) => (path.startsWith('/user') ? { kind: 'unauthorized' } : null))
    app.clock.advance(300)
    expect(await statusOf('/')).toBe(401)
    app.github.clearFaults()
    expect(await statusOf('/')).toBe(401)
  })
})

describe.each(['502-before', 'unreachable', 'hang-before', 'primary-limit'] as const)(
  'while GitHub’s user API is down (%s)',
  (kind) => {
    test('people keep what they saw for five minutes, then get one clear page; the work goes on', async () => {
      await visitor.signIn('ada')
      const stream = await openStream('/events')
      await stream.nextMessage('message')
      app.github.chooseFaults(({ path }) => (path.startsWith('/user') ? { kind } : null))
      app.clock.advance(240)
      expect(await statusOf(`/${SECRET}`)).toBe(200)
      app.clock.advance(61)
      const { status, text, headers } = await visitor.get('/')
      expect([status, headers.get('retry-after')]).toEqual([503, '5'])
      expect(text).toContain('GitHub does not answer')
      expect(text).not.toMatch(/Initech|acme/)
      expect(JSON.parse((await visitor.get('/api/pipelines')).text)).toEqual({
        error: expect.stringContaining('GitHub does not say'),
      })
      expect((await visitor.get('/account')).status).toBe(200)
      await app.github.openIssue(app.repository, { title: 'Meanwhile', labels: ['andon'] })
      await app.advance(30)
      await stream.ended
      expect(app.dispatched()).toContain('2/plan/1')
      app.github.clearFaults()
      expect((await visitor.get('/')).text).toContain('Meanwhile')
    })
  },
)
