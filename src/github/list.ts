// Lists come in pages. Links to further pages may never end, so a list is read up to a bound. What was found on those pages
// was found; what was not may be on a page that was not read, so it does not count as missing.
import type { JsonObject } from './answer.ts'
import { GitHubFailure } from './failure.ts'

export type ListPage = { readonly items: readonly JsonObject[]; readonly hasNextPage: boolean }

/** A list as far as it was read. */
export type ListRead = { readonly items: readonly JsonObject[]; readonly isComplete: boolean }

/** A thousand items: GitHub lists no more runs or check runs than that. */
const MAX_PAGES = 10

/** Reads no further once a page has all that is looked for. */
export async function readList(
  readPage: (page: number) => Promise<ListPage>,
  isEnough: (items: readonly JsonObject[]) => boolean = () => false,
): Promise<ListRead> {
  const items: JsonObject[] = []
  let firstId: unknown
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const { items: found, hasNextPage } = await readPage(page)
    if (!hasNextPage || isEnough(found)) return { items: [...items, ...found], isComplete: true }
    const first = found[0]
    // The link leads to nothing, or back to the same page.
    if (first === undefined || first.id === firstId) break
    firstId = first.id
    items.push(...found)
  }
  return { items, isComplete: false }
}

/** What was found in the list. Nothing in a part of a list is no answer. */
export function expectSearched<T>(found: readonly T[], { isComplete }: ListRead, name: string): readonly T[] {
  if (found.length > 0 || isComplete) return found
  throw new GitHubFailure('retryable', `the list of ${name} does not end, and what was read of it does not have it`)
}
