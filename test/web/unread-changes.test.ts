import { expect, test } from 'vitest'
import type { Touched } from '../../src/store/notify.ts'
import { gatherChanges } from '../../src/web/unread-changes.ts'
import { HEALTH_SCOPE, type ViewScope } from '../../src/web/view-scope.ts'

const scopeOf = (repository: string | null, issue: number | null = null, pressed: string | null = null): ViewScope => {
  return { repository, issue, filter: {}, pressed }
}
const SCOPES = {
  all: scopeOf(null),
  rocket: scopeOf('acme/rocket'),
  'rocket#7': scopeOf('acme/rocket', 7),
  'rocket#8': scopeOf('acme/rocket', 8),
  api: scopeOf('acme/api'),
  'api#7': scopeOf('acme/api', 7),
  'press in api#7': scopeOf('acme/api', 7, 'a-press'),
  health: HEALTH_SCOPE,
}
/** What is always read again. */
const ALWAYS = ['press in api#7', 'health']

const issue = (number: number) => [{ repository: 'Acme/Rocket', issue: number, revision: 2 }] as const

test.each<[string, Touched, readonly string[]]>([
  ['an issue', issue(7), ['all', 'rocket', 'rocket#7']],
  ['an issue that nobody looks at', issue(9), ['all', 'rocket']],
  ['a repository', [{ repository: 'acme/rocket', issue: null }], ['all', 'rocket', 'rocket#7', 'rocket#8']],
  ['another repository', [{ repository: 'acme/unseen', issue: 7 }], ['all']],
  ['nothing that is shown elsewhere', [], []],
  ['what a user may see', [{ user: 12 }], []],
  ['everything', 'everything', ['all', 'rocket', 'rocket#7', 'rocket#8', 'api', 'api#7']],
])('a change of %s can show where it is shown, and nowhere else', (_, touched, expected) => {
  const changes = gatherChanges()
  changes.add({ since: null, touched })
  const named = Object.entries(SCOPES).filter(([, scope]) =>
    changes.canShowOn({ scope, userId: 11, showsRefusal: false }),
  )
  expect(named.map(([name]) => name)).toEqual([...expected, ...ALWAYS])
})

test('what a user may see can show on all streams of that user', () => {
  const changes = gatherChanges()
  changes.add({ since: null, touched: [{ user: 12 }] })
  const asUser = (userId: number | null) => changes.canShowOn({ scope: SCOPES.api, userId, showsRefusal: false })
  expect([12, 11, null].map(asUser)).toEqual([true, false, false])
})

test('while a refusal of GitHub is shown, any change may end it', () => {
  const changes = gatherChanges()
  changes.add({ since: null, touched: issue(7) })
  expect(changes.canShowOn({ scope: SCOPES.api, userId: null, showsRefusal: true })).toBe(true)
})

test('changes that were gathered count from the oldest delivery, and show wherever one of them does', () => {
  const changes = gatherChanges()
  expect(changes.since()).toBe(null)
  changes.add({ since: '2026-11-20T08:00:02.000Z', touched: issue(7) })
  changes.add({ since: '2026-11-20T08:00:01.000Z', touched: issue(8) })
  changes.add({ since: null, touched: [] })
  expect(changes.since()).toBe('2026-11-20T08:00:01.000Z')
  const shown = [SCOPES['rocket#7'], SCOPES['rocket#8']]
  expect(shown.map((scope) => changes.canShowOn({ scope, userId: null, showsRefusal: false }))).toEqual([true, true])
})
