import { expect, test } from 'vitest'
import { changes, whole } from '../../src/web/page-diff.ts'
import type { List, Piece, Sheet } from '../../src/web/page-model.ts'
import { seeded } from '../support/seeded-random.ts'

const SHUFFLES = 10_000

test('from any sheet the changes lead to any other, and keep the rows that need not move', () => {
  const chance = seeded(20261121)
  let messages = 0
  let kept = 0
  for (let round = 0; round < SHUFFLES; round++) {
    const before = randomSheet(chance)
    const after = chance.integer(5) === 0 ? before : randomSheet(chance)
    const page = pageOf(before)
    const text = changes(before, after)
    kept += page.apply(text)
    messages += text === '' ? 0 : 1
    expect(page.shows()).toEqual(pageOf(after).shows())
    if (before === after) expect(text).toBe('')
  }
  console.log(`${SHUFFLES} pairs of sheets: ${messages} messages, ${kept} rows changed in place`)
  expect(kept).toBeGreaterThan(SHUFFLES / 10)
})

test('the whole of a sheet brings a page up to date that shows another', () => {
  const chance = seeded(7)
  for (let round = 0; round < 500; round++) {
    const page = pageOf(randomSheet(chance))
    const after = randomSheet(chance)
    page.apply(whole(after))
    expect(page.shows()).toEqual(pageOf(after).shows())
  }
})

test('a row that moves from the bottom to the top leaves the others where they are', () => {
  const list = (ids: string): Sheet =>
    sheetOf([
      listOf(
        'active',
        [...ids].map((id) => row(`p${id}`, '')),
      ),
    ])
  const text = changes(list('abcdefgh'), list('habcdefg'))
  expect(text.match(/<hx-partial/g)).toHaveLength(2)
})

function randomSheet(chance: ReturnType<typeof seeded>): Sheet {
  const ids = chance.shuffle(['p1', 'p2', 'p3', 'p4', 'p5', 'p6']).slice(0, chance.integer(7))
  const rows = ids.map((id) => row(id, String(chance.integer(2))))
  const cut = chance.integer(rows.length + 1)
  return sheetOf(
    [listOf('needs', rows.slice(0, cut)), listOf('active', rows.slice(cut))],
    [{ id: 'counts', html: `<i id="counts">${chance.integer(3)}</i>` }],
  )
}

function sheetOf(lists: readonly List[], pieces: readonly Piece[] = []): Sheet {
  return { asOf: '2026-11-21T14:00:00.000Z', pieces, lists }
}

function row(id: string, text: string): Piece {
  return { id, html: `<i id="${id}">${text}</i>` }
}

function listOf(id: string, rows: readonly Piece[]): List {
  const head = row(`${id}-head`, rows.length === 0 ? 'none' : '')
  return { id, head, rows, html: `<b id="${id}">${[head, ...rows].map(({ html }) => html).join('')}</b>` }
}

/** A page that swaps as htmx does: every target is found before anything is touched. */
function pageOf(sheet: Sheet) {
  type Node = { id: string; html: string }
  const pieces: Node[] = sheet.pieces.map((piece) => ({ ...piece }))
  const lists = new Map(sheet.lists.map(({ id, head, rows }) => [id, [head, ...rows].map((piece) => ({ ...piece }))]))
  const homes = () => [pieces, ...lists.values()]
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
      pieces.map(({ html }) => html),
      ...[...lists].map(([id, rows]) => [id, ...rows.map(({ html }) => html)]),
    ],
  }
}
