// What to send so that a page showing one sheet shows the next: only what changed. htmx finds every target before it
// touches the page, so a row that comes in can only be placed behind one that stays.
import type { List, Piece, Sheet } from './page-model.ts'

/** Everything, as fragments that replace what the page shows. */
export function whole(sheet: Sheet): string {
  return [...sheet.pieces, ...sheet.lists].map(replaced).join('')
}

/** The fragments that lead from one sheet to the next; empty when they are the same. */
export function changes(before: Sheet, after: Sheet): string {
  const pieces = changed(before.pieces, after.pieces)
  const lists = after.lists.flatMap((list) => {
    const old = before.lists.find(({ id }) => id === list.id)
    return old ? listChanges(old, list) : [replaced(list)]
  })
  return [...pieces, ...lists].join('')
}

function listChanges(before: List, after: List): readonly string[] {
  const stay = staying(before.rows, after.rows)
  const gone = before.rows.filter(({ id }) => !stay.has(id)).map(removed)
  const kept = after.rows.filter(({ id }) => stay.has(id))
  return [...gone, ...changed([before.head, ...before.rows], [after.head, ...kept]), ...placed(after, stay)]
}

/** Rows that keep their places: the longest run of rows that stand in the same order before and after. */
function staying(before: readonly Piece[], after: readonly Piece[]): ReadonlySet<string> {
  const places = new Map(before.map(({ id }, place) => [id, place]))
  const both = after.flatMap(({ id }) => {
    const place = places.get(id)
    return place === undefined ? [] : [{ id, place, behind: -1 }]
  })
  // ends[n]: of all runs of n + 1 rows, the index in `both` of the last row of the one that ends soonest.
  const ends: number[] = []
  const placeAt = (index: number | undefined) => both[index ?? -1]?.place ?? -1
  both.forEach((row, index) => {
    const length = ends.findIndex((end) => placeAt(end) >= row.place)
    const at = length === -1 ? ends.length : length
    row.behind = ends[at - 1] ?? -1
    ends[at] = index
  })
  const ids = new Set<string>()
  for (let row = both[ends.at(-1) ?? -1]; row !== undefined; row = both[row.behind]) ids.add(row.id)
  return ids
}

/** Rows that come, in runs, each behind the row (or the head) that stands before it and stays. */
function placed(after: List, stay: ReadonlySet<string>): readonly string[] {
  const runs: { anchor: string; html: string }[] = []
  let run: { anchor: string; html: string } | null = null
  let anchor = after.head.id
  for (const { id, html } of after.rows) {
    if (stay.has(id)) {
      anchor = id
      run = null
      continue
    }
    if (run === null) {
      run = { anchor, html: '' }
      runs.push(run)
    }
    run.html += html
  }
  return runs.map(({ anchor, html }) => partial(anchor, 'afterend', html))
}

function changed(before: readonly Piece[], after: readonly Piece[]): readonly string[] {
  const old = new Map(before.map(({ id, html }) => [id, html]))
  return after.filter(({ id, html }) => old.get(id) !== html).map(replaced)
}

function replaced({ id, html }: Piece): string {
  return partial(id, 'outerMorph', html)
}

function removed({ id }: Piece): string {
  return partial(id, 'delete', '')
}

function partial(id: string, swap: string, html: string): string {
  return `<hx-partial hx-target="#${id}" hx-swap="${swap}">${html}</hx-partial>`
}
