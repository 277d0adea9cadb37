// A page as the stream sees it: fragments that are replaced in place, and lists whose rows come, change, move and go.
// The page itself is built from the same fragments, so that a reload shows what the stream showed.

import { createHash } from 'node:crypto'
import type { Instant } from '../pipeline/model/time.ts'
import { onceForEach } from './once-for-each.ts'

export type Fragment = { readonly id: string; readonly html: string }

/** A table body: its header stays, its rows are identified by id. */
export type FragmentList = {
  readonly id: string
  readonly header: Fragment
  readonly rows: readonly Fragment[]
  readonly html: string
}

export type PageModel = {
  readonly asOf: Instant
  readonly fragments: readonly Fragment[]
  readonly lists: readonly FragmentList[]
}

/** The HTML of a fragment; empty if the page has none of that id. */
export function fragmentHtmlOf(model: PageModel, id: string): string {
  return model.fragments.find((fragment) => fragment.id === id)?.html ?? ''
}

/** Names what the page shows: a page that shows it needs no snapshot. */
export const versionOf = onceForEach(({ fragments, lists }: PageModel): string => {
  return hashOf([...fragments.map(({ id, html }) => `${id} ${html}`), listsVersionOf(lists)])
})

/** The lists are shared also by those who have fragments of their own, and are long. */
const listsVersionOf = onceForEach((lists: PageModel['lists']): string => {
  return hashOf(lists.map(({ id, html }) => `${id} ${html}`))
})

function hashOf(parts: readonly string[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('base64url').slice(0, 16)
}
