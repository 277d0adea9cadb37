import { expect, test } from 'vitest'
import { seededRandom } from '../../fake-github/random.ts'
import { diffPageModels, renderFullUpdate } from '../../src/web/page-diff.ts'
import type { Fragment, FragmentList, PageModel } from '../../src/web/page-model.ts'

const SHUFFLES = 10_000

test('the diff of any two page models turns one into the other, and keeps the rows that need not move', () => {
  const chance = seededRandom(20261121)
  let messages = 0
  let kept = 0
  for (let round = 0; round < SHUFFLES; round++) {
    const before = randomPageModel(chance)
    const after = chance.integer(5) === 0 ? before : randomPageModel(chance)
    const page = pageOf(before)
    const text = diffPageModels(before, after)
    kept += page.apply(text)
    messages += text === '' ? 0 : 1
    expect(page.shows()).toEqual(pageOf(after).shows())
    if (before === after) expect(text).toBe('')
  }
  console.log(`${SHUFFLES} pairs of sheets: ${messages} messages, ${kept} rows changed in place`)
  expect(kept).toBeGreaterThan(SHUFFLES / 10)
})

test('a full update brings a page up to date, whatever it shows', () => {
  const chance = seededRandom(7)
  for (let round = 0; round < 500; round++) {
    const page = pageOf(randomPageModel(chance))
    const after = randomPageModel(chance)
    page.apply(renderFullUpdate(after))
    expect(page.shows()).toEqual(pageOf(after).shows())
  }
})

test('a row that moves from the bottom to the top leaves the others where they are', () => {
  const list = (ids: string): PageModel =>
    pageModelOf([
      listOf(
        'active',
        [...ids].map((id) => row(`p${id}`, '')),
      ),
    ])
  const text = diffPageModels(list('abcdefgh'), list('habcdefg'))
  expect(text.match(/<hx-partial/g)).toHaveLength(2)
})

function randomPageModel(chance: ReturnType<typeof seededRandom>): PageModel {
  const ids = chance.shuffle(['p1', 'p2', 'p3', 'p4', 'p5', 'p6']).slice(0, chance.integer(7))
  const rows = ids.map((id) => row(id, String(chance.integer(2))))
  const cut = chance.integer(rows.length + 1)
  return pageModelOf(
    [listOf('needs', rows.slice(0, cut)), listOf('active', rows.slice(cut))],
    [{ id: 'counts', html: `<i id="counts">${chance.integer(3)}</i>` }],
  )
}

function pageModelOf(lists: readonly FragmentList[], fragments: readonly Fragment[] = []): PageModel {
  return { asOf: '2026-11-21T14:00:00.000Z', fragments, lists }
}

function row(id: string, text: string): Fragment {
  return { id, html: `<i id="${id}">${text}</i>` }
}

function listOf(id: string, rows: readonly Fragment[]): FragmentList {
  const header = row(`${id}-head`, rows.length === 0 ? 'none' : '')
  return { id, header, rows, html: `<b id="${id}">${[header, ...rows].map(({ html }) => html).join('')}</b>` }
}

/** A page that swaps as htmx does: it finds every target before it touches anything. */
function pageOf(model: PageModel) {
  type Node = { id: string; html: string }
  const segments: Node[] = model.fragments.map((fragment) => ({ ...fragment }))
  const lists = new Map(
    model.lists.map(({ id, header, rows }) => [id, [header, ...rows].map((fragment) => ({ ...fragment }))]),
  )
  const homes = () => [segments, ...lists.values()]
  const find = (id: string) =>
    homes()
      .flat()
      .find((node) => node.id === id)
  const nodes = (html: string): Node[] =>
    [...html.matchAll(/<i id="([\w-]+)">.*?<\/i>/g)].map(([html, id = '']) => ({ id, html }))

  function swap(target: Node | string, style: string, html: string): number {
    if (typeof target === 'string') {
      lists.set(target, nodes(html))
      return 0
    }
    const home = homes().find((list) => list.includes(target))
    const place = home?.indexOf(target) ?? -1
    if (style === 'delete') home?.splice(place, 1)
    else if (style === 'afterend') home?.splice(place + 1, 0, ...nodes(html))
    else target.html = html
    return style === 'outerMorph' && target.id.startsWith('p') ? 1 : 0
  }

  return {
    apply(text: string): number {
      const parts = [...text.matchAll(/<hx-partial hx-target="#([\w-]+)" hx-swap="(\w+)">(.*?)<\/hx-partial>/g)]
      const found = parts.map(([, id = '', style = '', html = '']) => ({
        target: lists.has(id) ? id : find(id),
        style,
        html,
      }))
      return found.reduce((kept, { target, style, html }) => kept + (target ? swap(target, style, html) : 0), 0)
    },
    shows: () => [
      segments.map(({ html }) => html),
      ...[...lists].map(([id, rows]) => [id, ...rows.map(({ html }) => html)]),
    ],
  }
}
