import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const tables = read('docs/design.md').split('## The light')[0]?.split('### Transitions').slice(1) ?? []

const RUN_BY_ANDON = [
  'stages/starting',
  'stages/attempts',
  'stages/rework',
  'commands/run-commands',
  'deadlines/enforce-deadlines',
  'deadlines/attempt-clocks',
  'holds/hold-or-release',
]

test.each([
  ['stages', ['stages/derive-stages', 'stages/closed-issues'], tables[0]],
  ['a line that is run', RUN_BY_ANDON, tables[1]],
])('the rows of the transition table are the tests of %s', (_, files, table = '') => {
  const rows = [...table.matchAll(/^\|.*\| (?!shown by|---)([^|]+) \|$/gm)].map(([, name]) => name)
  const tests = files.flatMap((file) => testsOf(read(`test/pipeline/${file}.test.ts`)))
  expect(rows.length).toBeGreaterThan(30)
  expect(rows).toEqual(tests)
})

test('whatever fails and recovers is shown by a test that there is', () => {
  const table = read('docs/design.md').split('## Failure → recovery')[1] ?? ''
  const rows = [...table.matchAll(/^\|.*\| (?!shown by|---)([^|]+) \|$/gm)].map(([, name = '']) => name)
  const tests = globSync('test/**/*.test.ts', { cwd: new URL('../..', import.meta.url) })
    .map(read)
    .join('\n')
  expect(rows.length).toBeGreaterThan(40)
  // A dash parts the names of a group and its test; an ellipsis stands for what a test puts in by itself.
  const missing = rows.filter((name) => !name.split(/ › | … |…/).every((part) => tests.includes(part)))
  expect(missing).toEqual([])
})

function testsOf(source: string): readonly string[] {
  return [...source.matchAll(/(?:^ *test|\]\))\((['"])(.+)\1, /gm)].map(([, , name = '']) => name)
}
