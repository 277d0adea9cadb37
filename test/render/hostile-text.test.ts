// Everything that strangers may name or write (titles, reasons, people, workflows, jobs, branches, holds, files, commands) in
// everything of ours that GitHub, browsers and terminals show: it must read like any other text and do nothing.
import { expect, test } from 'vitest'
import { row } from '../../src/render/board-row.ts'
import { plain } from '../../src/render/sanitize.ts'
import { howMany, record, runSeed } from '../support/measurements.ts'
import { NOW } from '../web/support/board-fixtures.ts'
import { openFloor, openSite } from '../web/support/site-world.ts'
import { shownInside, shownOutside } from './support/hostile-surfaces.ts'
import { hostileTitles } from './support/hostile-titles.ts'
import { CONTROLS, count, leavesOf, MENTION, tagsOf } from './support/live-markup.ts'

const SEED = runSeed(20_261_121)
const TEXTS = hostileTitles(SEED, howMany(50, 1_000))

test('hostile texts do nothing wherever people see them on GitHub or in a terminal', () => {
  const calm = shownOutside('plain words')
  const before = calm.markdown.map((markdown) => ({ markers: count(markdown, /<!--/g), ...leavesOf(markdown) }))
  const found = {
    mentions: 0,
    markers: 0,
    'broken tables': 0,
    'live HTML or links': 0,
    controls: 0,
    'terminal escapes': 0,
  }
  for (const text of TEXTS) {
    const hostile = shownOutside(text)
    hostile.markdown.forEach((markdown, index) => {
      const seen = leavesOf(markdown)
      found.mentions += count(seen.text, MENTION)
      found.markers += Math.abs(count(markdown, /<!--/g) - (before[index]?.markers ?? 0))
      if (seen.tables !== before[index]?.tables) found['broken tables'] += 1
      if (seen.live !== before[index]?.live) found['live HTML or links'] += 1
      found.controls += count(markdown.replaceAll('\n', ''), CONTROLS)
    })
    for (const line of hostile.plain) found.controls += count(line, CONTROLS)
    for (const line of hostile.terminal) found['terminal escapes'] += count(line, /\p{C}/gu)
  }
  const places = Object.values(calm).flat().length
  record('hostile-text', { texts: TEXTS.length, places: places * TEXTS.length, ...found })
  expect(Object.values(found)).toEqual(Object.values(found).map(() => 0))
}, 120_000)

test('hostile texts do nothing on the board, a repository’s board and an issue’s page, and come whole through the JSON', async () => {
  const floor = openFloor()
  const site = await openSite(floor.reader)
  const found = { 'live tags': 0, controls: 0, 'titles not as typed': 0, 'JSON changed': 0 }

  async function see(text: string) {
    const { shown, history, held, mistaken } = shownInside(text)
    floor.becomes([{ shown, history }], NOW)
    floor.hold([held])
    floor.mistake([mistaken])
    const pages = await Promise.all(PAGES.map(async (path) => (await fetch(site.url + path)).text()))
    return { shown, history, pages }
  }
  const calm = (await see('plain words')).pages.map(tagsOf)

  for (const text of TEXTS) {
    const { shown, history, pages } = await see(text)
    pages.forEach((html, index) => {
      const { tags, words } = tagsOf(html)
      if (tags !== calm[index]?.tags) found['live tags'] += 1
      if (!words.includes(plain(text, 256))) found['titles not as typed'] += 1
      found.controls += count(html.replaceAll('\n', ''), CONTROLS)
    })
    const board = await fetch(`${site.url}/api/pipelines`)
    const issue = await fetch(`${site.url}/api/pipelines/acme/widgets/42`)
    const [first] = ((await board.json()) as { pipelines: object[] }).pipelines
    const whole = (await issue.json()) as { history: object[] }
    const same = { ...row(shown, NOW), title: text }
    if (!isSame(first, same) || !isSame({ ...whole, ...same }, whole) || !isSame(whole.history, history)) {
      found['JSON changed'] += 1
    }
  }
  await site.close()
  record('hostile-text', { texts: TEXTS.length, pages: PAGES.length * TEXTS.length, JSONs: 2 * TEXTS.length, ...found })
  expect(Object.values(found)).toEqual(Object.values(found).map(() => 0))
}, 120_000)

test('the detectors find each danger in the raw text', () => {
  const calm = leavesOf('| a | b |\n|---|---|\n| c | d |\n')
  const live = leavesOf('| a | b |\n|---|---|\n| c | <b>d</b> [e](https://evil.example) @bob |\n\n| x |\n|---|\n')
  expect(live.live).not.toBe(calm.live)
  expect(live.tables).not.toBe(calm.tables)
  expect([count(live.text, MENTION), count('\u202ecod.exe\u001b[31m', CONTROLS)]).toEqual([1, 2])
  expect(tagsOf('<p>a &lt;b&gt; c</p>')).toEqual({ tags: '<p></p>', words: 'a <b> c' })
  expect(tagsOf('<p>a <b> c</p>').tags).toBe('<p><b></p>')
  expect(tagsOf('<p>a <code>b</code> <code id=c>d</p>').tags).toBe('<p><code id=c></p>')
  expect(tagsOf('<p>a <img src=x').tags).toBe('<p><img src=x')
})

const PAGES = ['/', '/acme/widgets', '/acme/widgets/issues/42']

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
