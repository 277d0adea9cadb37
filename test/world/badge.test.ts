// The badge of a repository, as GitHub's proxy asks for it: without a name, again and again.
import { afterEach, expect, test } from 'vitest'
import { ACME } from '../../fake-github/organization.ts'
import { type AndonApp, openAndonApp } from '../support/andon-app.ts'

let app: AndonApp
afterEach(() => app.close())

async function open(access: 'open' | 'login'): Promise<void> {
  const repositories = [{ name: 'widgets' }, { name: 'ledger', private: true }]
  app = await openAndonApp({ access, organization: { ...ACME, repositories } })
}

async function badge(name: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${app.url}/badge/${name}`, { headers })
  const { status } = response
  const shown = Object.fromEntries([...response.headers].filter(([header]) => header !== 'date'))
  return { status, headers: shown, svg: await response.text() }
}

const titleOf = ({ svg }: { svg: string }) => /<title>(.*)<\/title>/.exec(svg)?.[1]

test('it says in words what the board of a public repository says, to anybody, and changes with it', async () => {
  await open('login')
  app.github.writeFile('acme/widgets', '.github/andon.yml', 'stages: { plan: { workflow: plan.yml, gate: approval } }')
  await app.advance(10)
  const before = await badge('acme/widgets.svg')
  expect(titleOf(before)).toBe('andon: nothing to do')
  expect(before.headers).toMatchObject({ 'cache-control': 'no-cache', 'content-type': 'image/svg+xml; charset=utf-8' })
  expect((await badge('ACME/Widgets.svg')).svg).toBe(before.svg)
  const etag = before.headers.etag ?? ''
  const unchanged = await badge('acme/widgets.svg', { 'if-none-match': `"other", ${etag}` })
  expect(unchanged).toMatchObject({ status: 304, svg: '' })

  app.github.writeFile('acme/widgets', '.github/andon.yml', 'stages: 7')
  await app.advance(10)
  const after = await badge('acme/widgets.svg', { 'if-none-match': etag })
  expect(after.status).toBe(200)
  expect(titleOf(after)).toBe('andon: waiting for you · 1 needs you')
  expect(after.svg).toMatch(/role="img" aria-label="andon: waiting for you · 1 needs you"/)
})

test('one that is hidden, one that does not exist and no name at all are the same picture', async () => {
  await open('login')
  await app.github.openIssue('acme/ledger', { title: 'Secret', labels: ['andon'] })
  await app.advance(10)
  const hidden = await badge('acme/ledger.svg')
  expect(hidden.status).toBe(200)
  expect(titleOf(hidden)).toBe('andon: unknown')
  for (const name of ['acme/missing.svg', 'acme/..svg', 'acme/%3Cscript%3E.svg', 'acme/ledger', 'acme/%00.svg'])
    expect(await badge(name), name).toEqual(hidden)
  await app.close()
  await open('open')
  await app.github.openIssue('acme/ledger', { title: 'Open to all here', labels: ['andon'] })
  await app.advance(10)
  expect(titleOf(await badge('acme/ledger.svg'))).toMatch(/^andon: (?!unknown)/)
})

test('it is unknown while the database cannot be read', async () => {
  await open('open')
  await app.github.openIssue('acme/widgets', { title: 'Retry on flaky upload', labels: ['andon'] })
  await app.advance(10)
  const before = await badge('acme/widgets.svg')
  expect(titleOf(before)).toMatch(/^andon: (?!unknown)/)
  await app.database.kysely.schema.alterTable('repositories').renameTo('repositories_away').execute()
  try {
    const away = await badge('acme/widgets.svg', { 'if-none-match': before.headers.etag ?? '' })
    expect([away.status, titleOf(away)]).toEqual([200, 'andon: unknown'])
  } finally {
    await app.database.kysely.schema.alterTable('repositories_away').renameTo('repositories').execute()
  }
})
