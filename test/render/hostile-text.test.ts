// Text that strangers can write (titles, reasons, logins, workflows, jobs, branches, holds, files, commands), in everything
// that Andon shows on GitHub, in browsers and in terminals: it must read like any other text and do nothing.

import { expect, test } from 'vitest'
import { boardRowOf } from '../../src/render/board-row.ts'
import { pipelineDetailOf } from '../../src/render/pipeline-detail.ts'
import { plainText } from '../../src/render/sanitize.ts'
import { randomSeed, recordMeasurements, repetitions } from '../support/measurements.ts'
import { NOW } from '../web/support/board-fixtures.ts'
import { openSite, openStubBoard } from '../web/support/site-world.ts'
import { renderForGitHub, renderForPages } from './support/hostile-surfaces.ts'
import { hostileTitles } from './support/hostile-titles.ts'
import { CONTROLS, countMatches, liveHtmlOf, liveMarkdownOf, MENTION } from './support/live-markup.ts'

const SEED = randomSeed(20_261_121)
const TEXTS = hostileTitles(SEED, repetitions(50, 1_000))

test('hostile texts do nothing wherever people see them on GitHub or in a terminal', () => {
  const calm = renderForGitHub('plain words')
  const before = calm.markdown.map((markdown) => ({
    markers: countMatches(markdown, /<!--/g),
    ...liveMarkdownOf(markdown),
  }))
  const found = {
    mentions: 0,
    markers: 0,
    'broken tables': 0,
    'live HTML or links': 0,
    controls: 0,
    'terminal escapes': 0,
  }
  for (const text of TEXTS) {
    const hostile = renderForGitHub(text)
    hostile.markdown.forEach((markdown, index) => {
      const seen = liveMarkdownOf(markdown)
      found.mentions += countMatches(seen.text, MENTION)
      found.markers += Math.abs(countMatches(markdown, /<!--/g) - (before[index]?.markers ?? 0))
      if (seen.tables !== before[index]?.tables) found['broken tables'] += 1
      if (seen.live !== before[index]?.live) found['live HTML or links'] += 1
      found.controls += countMatches(markdown.replaceAll('\n', ''), CONTROLS)
    })
    for (const line of hostile.plain) found.controls += countMatches(line, CONTROLS)
    for (const line of hostile.terminal) found['terminal escapes'] += countMatches(line, /\p{C}/gu)
  }
  const places = Object.values(calm).flat().length
  recordMeasurements('hostile-text', { faults: places * TEXTS.length, wrong: 0, ...found })
  expect(Object.values(found)).toEqual(Object.values(found).map(() => 0))
}, 120_000)

test('hostile texts do nothing on the board, a repository’s board and an issue’s page, and are unchanged in the JSON', async () => {
  const floor = openStubBoard()
  const site = await openSite(floor.reader)
  const found = { 'live tags': 0, controls: 0, 'titles not as typed': 0, 'JSON changed': 0 }

  async function see(text: string) {
    const { shown, history, held, mistaken } = renderForPages(text)
    floor.show([{ shown, history }], NOW)
    floor.showHolds([held])
    floor.showMistakes([mistaken])
    const pages = await Promise.all(
      PAGES.map(async (path) => (await (await fetch(site.url + path)).text()).replace(VERSION, '')),
    )
    return { shown, history, pages }
  }
  const calm = (await see('plain words')).pages.map(liveHtmlOf)

  for (const text of TEXTS) {
    const { shown, history, pages } = await see(text)
    pages.forEach((html, index) => {
      const { tags, words } = liveHtmlOf(html)
      if (tags !== calm[index]?.tags) found['live tags'] += 1
      if (!words.includes(plainText(text, 256))) found['titles not as typed'] += 1
      found.controls += countMatches(html.replaceAll('\n', ''), CONTROLS)
    })
    const board = await fetch(`${site.url}/api/pipelines`)
    const issue = await fetch(`${site.url}/api/pipelines/acme/widgets/42`)
    const [first] = ((await board.json()) as { pipelines: object[] }).pipelines
    const whole = (await issue.json()) as { history: object[] }
    const same = { ...boardRowOf(shown, NOW), title: text }
    if (
      !isSame(first, same) ||
      !isSame({ ...whole, ...same }, whole) ||
      !isSame(whole.history, pipelineDetailOf(shown, history, NOW).history)
    ) {
      found['JSON changed'] += 1
    }
  }
  await site.close()
  recordMeasurements('hostile-text', {
    faults: TEXTS.length,
    wrong: 0,
    pages: PAGES.length * TEXTS.length,
    JSONs: 2 * TEXTS.length,
    ...found,
  })
  expect(Object.values(found)).toEqual(Object.values(found).map(() => 0))
}, 120_000)

test('the detectors find each danger in the raw text', () => {
  const calm = liveMarkdownOf('| a | b |\n|---|---|\n| c | d |\n')
  const live = liveMarkdownOf('| a | b |\n|---|---|\n| c | <b>d</b> [e](https://evil.example) @bob |\n\n| x |\n|---|\n')
  expect(live.live).not.toBe(calm.live)
  expect(live.tables).not.toBe(calm.tables)
  expect([countMatches(live.text, MENTION), countMatches('\u202ecod.exe\u001b[31m', CONTROLS)]).toEqual([1, 2])
  expect(liveHtmlOf('<p>a &lt;b&gt; c</p>')).toEqual({ tags: '<p></p>', words: 'a <b> c' })
  expect(liveHtmlOf('<p>a <b> c</p>').tags).toBe('<p><b></p>')
  expect(liveHtmlOf('<p>a <code>b</code> <code id=c>d</p>').tags).toBe('<p><code id=c></p>')
  expect(liveHtmlOf('<p>a <img src=x').tags).toBe('<p><img src=x')
})

/** A hash of what is shown: it differs as texts do. */
const VERSION = /data-version="[\w-]+"/

const PAGES = ['/', '/acme/widgets', '/acme/widgets/issues/42']

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
