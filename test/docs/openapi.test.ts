import { globSync, readFileSync } from 'node:fs'
import pino from 'pino'
import { afterAll, expect, test } from 'vitest'
import { openApiDocument } from '../../src/web/openapi.ts'
import { createReportEndpoint, type ReportOutcome } from '../../src/web/reports.ts'
import { API_DOCUMENT, askDocumented, documentedAnswers } from '../support/api-document.ts'
import { type OpenSite, openSite, openStubBoard } from '../web/support/site-world.ts'

const opened: OpenSite[] = []
afterAll(() => Promise.all(opened.map((site) => site.close())))

test('the document in the repository is the one that the source gives; `npm run docs` renews it', () => {
  expect(readFileSync('public/openapi.json', 'utf8')).toBe(openApiDocument())
})

test('every address under /api is in the document', () => {
  const routes = globSync('src/{web,inbox}/*.ts').flatMap((path) => {
    const found = readFileSync(path, 'utf8').matchAll(/(?:get|post|all|_PATH)(?:\(| = )'(\/api\/[^']*)'/g)
    return [...found].map(([, route = '']) => route.replaceAll(/:(\w+)/g, '{$1}'))
  })
  const documented = Object.keys(API_DOCUMENT.paths).filter((path) => path.startsWith('/api/'))
  expect([...new Set(routes)].toSorted()).toEqual(documented.toSorted())
})

test('the server gives every answer that the document names, and nothing that it does not name', async () => {
  const given = new Set<string>()
  let outcome: ReportOutcome = 'saved'
  const report = createReportEndpoint({
    verify: async () => ({ kind: 'run', repositoryId: 1, runId: 2, runAttempt: 1 }),
    store: async () => outcome,
    log: pino({ level: 'silent' }),
  })
  const board = openStubBoard()
  const site = await openSite(board.reader, {}, 0, report)
  const closed = await openSite(board.reader, { access: 'login' })
  opened.push(site, closed)

  async function ask(path: string, init: RequestInit = {}, { url }: OpenSite = site): Promise<Headers> {
    const { name, headers } = await askDocumented(url, path, init)
    given.add(name)
    return headers
  }

  async function send(body: string, headers: Record<string, string> = {}): Promise<void> {
    const usual = { 'content-type': 'application/json', authorization: 'Bearer a.b.c' }
    await ask('/api/reports', { method: 'POST', body, headers: { ...usual, ...headers } })
  }

  for (const path of ['/api/pipelines', '/api/pipelines?light=failed,review&sort=newest', '/events?as=json'])
    await ask(path)
  for (const issue of [12, 15, 17, 42]) await ask(`/api/pipelines/acme/${issue === 12 ? 'api' : 'widgets'}/${issue}`)
  for (const path of ['/api/pipelines?light=green', '/api/pipelines/acme/widgets/0', '/events?health=bad'])
    await ask(path)
  for (const path of ['/api/pipelines?repository=a/b', '/api/pipelines/acme/widgets/999', '/events?repository=a/b'])
    await ask(path)
  for (const path of READ) await ask(path, {}, closed)
  for (const path of ['/api/openapi.json', '/healthz', '/readyz']) await ask(path)
  const etag = (await ask('/badge/acme/widgets.svg')).get('etag') ?? ''
  await ask('/badge/acme/widgets.svg', { headers: { 'if-none-match': etag } })

  const body = JSON.stringify({ andon: '42/plan/1-k3v9x', progress: 40 })
  for (const next of ['saved', 'another run', 'attempt closed', 'not bound yet'] as const) {
    outcome = next
    await send(body)
  }
  await send(body, { authorization: '' })
  await send(body, { 'content-type': 'text/plain' })
  await send('{}')
  await send('x'.repeat(9_000))

  board.setUnavailable(true)
  for (const path of [...READ, '/readyz', '/healthz']) await ask(path)

  // A real sign-in and real deliveries: test/web/api-answers.test.ts.
  const elsewhere = (name: string) =>
    name.startsWith('POST /api/github') || (name.startsWith('GET') && name.endsWith(' 401'))
  expect([...given].toSorted()).toEqual(
    documentedAnswers()
      .filter((name) => !elsewhere(name))
      .toSorted(),
  )
})

const READ = ['/api/pipelines', '/api/pipelines/acme/widgets/42', '/events']
