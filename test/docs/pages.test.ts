// The pages are held against what they speak of: what is derived is derived anew, what is quoted is what the source says,
// and every path that a page names is there.
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { pagePaths, renderPage } from '../../docs/generate/pages.ts'

const PAGES = pagePaths().map((path) => ({ path, text: readFileSync(path, 'utf8') }))

// A page that lists files that are gone on purpose.
const RECORDS_OF_THE_PAST = ['CHANGELOG.md']

test('tables and quotations are as the source has them (`npm run docs` renews them)', () => {
  const stale = PAGES.filter(({ path, text }) => renderPage(path, text) !== text)
  expect(stale.map(({ path }) => path)).toEqual([])
  expect(PAGES.filter(({ text }) => text.includes('<!-- quote: ')).map(({ path }) => path)).toEqual(['docs/design.md'])
})

test('every link to a file or a heading of ours leads somewhere', () => {
  const links = PAGES.flatMap(({ path, text }) => linksIn(text).map((link) => ({ path, link })))
  expect(links.length).toBeGreaterThan(120)
  const broken = links.filter(({ path, link }) => {
    const [file = '', heading] = link.split('#')
    const target = file === '' ? path : join(dirname(path), file)
    return !existsSync(target) || (heading !== undefined && !headingsOf(target).includes(heading))
  })
  expect(broken).toEqual([])
})

test('every file of ours that is named in code type is there', () => {
  const named = PAGES.filter(({ path }) => !RECORDS_OF_THE_PAST.includes(path)).flatMap(({ path, text }) =>
    [...text.matchAll(/`((?:src|test|docs|demo|bench|fake-github|migrations|action|views|public)\/[^`\s]*)`/g)].map(
      ([, name = '']) => ({ path, name }),
    ),
  )
  expect(named.length).toBeGreaterThan(40)
  const missing = named.filter(({ name }) => globSync(name).length === 0 && !/[A-Z]{4}/.test(name))
  expect(missing.map(({ path, name }) => `${path}: ${name}`)).toEqual([])
})

test('every npm script that a page names is there', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }
  const named = PAGES.flatMap(({ text }) =>
    [...text.matchAll(/npm run (?:-s )?([a-z:-]+)/g)].map(([, name = '']) => name),
  )
  expect([...new Set(named)].filter((name) => !(name in scripts))).toEqual([])
})

describe('what is read first is short', () => {
  test.each([
    ['README.md', 120],
    ['docs/design.md', 150],
    ['STYLE.md', 150],
  ])('%s has at most %i lines', (path, most) => {
    expect(readFileSync(path, 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(most)
  })
})

/** Links and pictures that lead into the repository; code that only looks like one is none. */
function linksIn(text: string): readonly string[] {
  const links = text.replaceAll(/`[^`\n]*`/g, '').matchAll(/(?:\]\(|src="|href=")(?!https?:|mailto:)([^)"\s]*)/g)
  return [...links].map(([, link = '']) => link)
}

function headingsOf(path: string): readonly string[] {
  const headings = readFileSync(path, 'utf8').matchAll(/^#+ (.+)$/gm)
  return [...headings].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  )
}
