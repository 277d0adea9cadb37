// What to send so that a page showing one sheet shows the next: only what changed. htmx finds every target before it
// touches the page, so a row that comes in can only be placed behind one that stays.
import type { Fragment, FragmentList, PageModel } from './page-model.ts'

/** Everything, as fragments that replace what the page shows. */
export function renderFullUpdate(model: PageModel): string {
  return [...model.fragments, ...model.lists].map(renderReplacement).join('')
}

/** The fragments that lead from one sheet to the next; empty when they are the same. */
export function diffPageModels(before: PageModel, after: PageModel): string {
  const fragments = renderReplacements(before.fragments, after.fragments)
  const lists = after.lists.flatMap((list) => {
    const old = before.lists.find(({ id }) => id === list.id)
    return old ? diffFragmentLists(old, list) : [renderReplacement(list)]
  })
  return [...fragments, ...lists].join('')
}

function diffFragmentLists(before: FragmentList, after: FragmentList): readonly string[] {
  const unmoved = findUnmovedRows(before.rows, after.rows)
  const removed = before.rows.filter(({ id }) => !unmoved.has(id)).map(renderRemoval)
  const remaining = after.rows.filter(({ id }) => unmoved.has(id))
  return [
    ...removed,
    ...renderReplacements([before.header, ...before.rows], [after.header, ...remaining]),
    ...renderInsertions(after, unmoved),
  ]
}

/** Rows that keep their places: the longest run of rows that stand in the same order before and after. */
function findUnmovedRows(before: readonly Fragment[], after: readonly Fragment[]): ReadonlySet<string> {
  const places = new Map(before.map(({ id }, place) => [id, place]))
  const common = after.flatMap(({ id }) => {
    const place = places.get(id)
    return place === undefined ? [] : [{ id, place, behind: -1 }]
  })
  // ends[n]: of all runs of n + 1 rows, the index in `common` of the last row of the one that ends soonest.
  const ends: number[] = []
  const placeAt = (index: number | undefined) => common[index ?? -1]?.place ?? -1
  common.forEach((row, index) => {
    const length = ends.findIndex((end) => placeAt(end) >= row.place)
    const at = length === -1 ? ends.length : length
    row.behind = ends[at - 1] ?? -1
    ends[at] = index
  })
  const ids = new Set<string>()
  for (let row = common[ends.at(-1) ?? -1]; row !== undefined; row = common[row.behind]) ids.add(row.id)
  return ids
}

/** Rows that come, in runs, each behind the row (or the head) that stands before it and stays. */
function renderInsertions(after: FragmentList, unmoved: ReadonlySet<string>): readonly string[] {
  const runs: { anchor: string; html: string }[] = []
  let run: { anchor: string; html: string } | null = null
  let anchor = after.header.id
  for (const { id, html } of after.rows) {
    if (unmoved.has(id)) {
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
  return runs.map(({ anchor, html }) => renderPartial(anchor, 'afterend', html))
}

function renderReplacements(before: readonly Fragment[], after: readonly Fragment[]): readonly string[] {
  const old = new Map(before.map(({ id, html }) => [id, html]))
  return after.filter(({ id, html }) => old.get(id) !== html).map(renderReplacement)
}

function renderReplacement({ id, html }: Fragment): string {
  return renderPartial(id, 'outerMorph', html)
}

function renderRemoval({ id }: Fragment): string {
  return renderPartial(id, 'delete', '')
}

function renderPartial(id: string, swap: string, html: string): string {
  return `<hx-partial hx-target="#${id}" hx-swap="${swap}">${html}</hx-partial>`
}
