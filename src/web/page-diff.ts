// The fragments that turn one page model into the next: only what changed. htmx finds every target before it touches the
// page, so a new row can only be placed behind one that stays.
import type { Fragment, FragmentList, PageModel } from './page-model.ts'

/** Fragments that replace everything the page shows. */
export function renderFullUpdate(model: PageModel): string {
  return [...model.fragments, ...model.lists].map(renderReplacement).join('')
}

/** The fragments that turn one model into the next; empty if nothing changed. */
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

/** The rows that need not move: the longest subsequence whose order is the same before and after. */
function findUnmovedRows(before: readonly Fragment[], after: readonly Fragment[]): ReadonlySet<string> {
  const positions = new Map(before.map(({ id }, position) => [id, position]))
  const common = after.flatMap(({ id }) => {
    const position = positions.get(id)
    return position === undefined ? [] : [{ id, position, previous: -1 }]
  })
  // ends[n]: of all subsequences of n + 1 rows, the index in `common` of the last row of the one that ends earliest.
  const ends: number[] = []
  const positionAt = (index: number | undefined) => common[index ?? -1]?.position ?? -1
  common.forEach((row, index) => {
    const length = ends.findIndex((end) => positionAt(end) >= row.position)
    const at = length === -1 ? ends.length : length
    row.previous = ends[at - 1] ?? -1
    ends[at] = index
  })
  const ids = new Set<string>()
  for (let row = common[ends.at(-1) ?? -1]; row !== undefined; row = common[row.previous]) ids.add(row.id)
  return ids
}

/** Places new rows, in runs, each behind the row (or the header) before it that stays. */
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
