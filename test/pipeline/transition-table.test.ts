import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

test('the rows of the transition table are the tests of the stages', () => {
  const table = read('docs/design.md').split('### Transitions')[1]?.split('## The light')[0] ?? ''
  const rows = [...table.matchAll(/^\|.*\| (?!shown by|---)([^|]+) \|$/gm)].map(([, name]) => name)
  const tests = [...read('test/pipeline/stages.test.ts').matchAll(/(?:^ {2}test|\]\))\((['"])(.+)\1, /gm)].map(
    ([, , name]) => name,
  )
  expect(rows.length).toBeGreaterThan(30)
  expect(rows).toEqual(tests)
})
