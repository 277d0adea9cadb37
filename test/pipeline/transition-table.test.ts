import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const tables = read('docs/design.md').split('## The light')[0]?.split('### Transitions').slice(1) ?? []

test.each([
  ['stages', ['stages'], tables[0]],
  ['a line that is run', ['starting', 'running', 'rework', 'orders', 'two-clocks', 'cord'], tables[1]],
])('the rows of the transition table are the tests of %s', (_, files, table = '') => {
  const rows = [...table.matchAll(/^\|.*\| (?!shown by|---)([^|]+) \|$/gm)].map(([, name]) => name)
  const tests = files.flatMap((file) => testsOf(read(`test/pipeline/${file}.test.ts`)))
  expect(rows.length).toBeGreaterThan(30)
  expect(rows).toEqual(tests)
})

function testsOf(source: string): readonly string[] {
  return [...source.matchAll(/(?:^ *test|\]\))\((['"])(.+)\1, /gm)].map(([, , name = '']) => name)
}
