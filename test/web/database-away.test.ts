// The database may go away before any of the readings that a request needs: each route then says 503 and when to come again,
// and none says that something of ours broke.
import type { KyselyPlugin } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Database } from '../../src/store/database.ts'
import { BASE_URL } from '../support/andon-app.ts'
import { openVisitor, type Visitor } from '../support/visitor.ts'
import { type ControlsWorld, fieldsOf, ISSUE_PAGE, openControlsWorld } from './support/controls-world.ts'

let world: ControlsWorld
beforeEach(async () => {
  world = await openControlsWorld()
})
afterEach(() => world.app.close())

const PAGES = ['/', '/acme', '/acme/widgets', ISSUE_PAGE, '/health', '/account', '/account/push']
const JSON_PATHS = ['/api/pipelines', '/api/pipelines/acme/widgets/1']
const FORMS: readonly (readonly [string, string, Record<string, string>])[] = [
  ['/press', '/', { control: 'resume' }],
  ['/acme/widgets/press', '/acme/widgets', { control: 'resume' }],
  [`${ISSUE_PAGE}/press`, ISSUE_PAGE, { control: 'resume' }],
  ['/account/tokens', '/account', { name: 'a script' }],
  ['/logout', '/account', {}],
]

/** The same database, of which only so many readings and writings are answered. */
function failingAfter(database: Database): {
  database: Database
  answers: (count: number) => void
  asked: () => number
} {
  let left = Number.POSITIVE_INFINITY
  let asked = 0
  const plugin: KyselyPlugin = {
    transformQuery({ node }) {
      asked++
      if (left-- <= 0) throw Object.assign(new Error('Connection terminated unexpectedly'), { code: 'ECONNRESET' })
      return node
    },
    transformResult: async ({ result }) => result,
  }
  return {
    database: {
      ...database,
      kysely: database.kysely.withPlugin(plugin),
      reserved: database.reserved.withPlugin(plugin),
    },
    answers(count) {
      left = count
      asked = 0
    },
    asked: () => asked,
  }
}

test('wherever the database goes away, every route answers 503 with Retry-After', async () => {
  await world.visitorOf('ada')
  const failing = failingAfter(world.app.database)
  const another = await world.app.startAnother(failing.database)
  const url = `http://127.0.0.1:${await another.listen()}`
  const ada: Visitor = openVisitor({ ...world.app, url, baseUrl: BASE_URL })
  await ada.signIn('ada')
  const requests = [
    ...[...PAGES, ...JSON_PATHS].map((path) => ({ path, ask: () => ada.get(path) })),
    ...(await Promise.all(
      FORMS.map(async ([path, page, fields]) => {
        const hidden = fieldsOf(await ada.get(page))
        return { path: `POST ${path}`, ask: () => ada.post(path, { ...hidden, ...fields }) }
      }),
    )),
  ]
  const wrong: string[] = []
  for (const { path, ask } of requests) {
    for (let answered = 0; ; answered++) {
      failing.answers(answered)
      const { status, headers } = await ask()
      if (failing.asked() <= answered) break
      // The health page shows what could be read, and that the rest could not.
      if (path === '/health' && status === 200) break
      if (status !== 503 || headers.get('retry-after') === null) wrong.push(`${path} after ${answered}: ${status}`)
    }
    expect(failing.asked(), path).toBeGreaterThan(0)
  }
  expect(wrong).toEqual([])
})
