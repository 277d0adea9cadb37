// Which streams a change concerns. Whatever is not known to leave a page as it is counts as changing it.
import type { Instant } from '../pipeline/model/time.ts'
import type { ChangeNotice } from '../store/notify.ts'
import type { ViewScope } from './view-scope.ts'

/** What decides whether a change can show on a stream. */
export type Watched = {
  readonly scope: ViewScope
  /** Who watches; null where nobody signs in. */
  readonly userId: number | null
  /** It shows something that GitHub refuses: what happens anywhere may end that, such as a delivery that is signed well. */
  readonly showsRefusal: boolean
}

export type UnreadChanges = {
  add(notice: ChangeNotice): void
  /** When the oldest delivery among them arrived; null if none did. */
  since(): Instant | null
  canShowOn(watched: Watched): boolean
}

/** Gathers changes until they are read. */
export function gatherChanges(): UnreadChanges {
  const issues = new Map<string, Set<number | null>>()
  const users = new Set<number>()
  let since: Instant | null = null
  let isEverywhere = false
  return {
    add(notice) {
      if (notice.since !== null && (since === null || notice.since < since)) since = notice.since
      if (notice.touched === 'everything') isEverywhere = true
      else
        for (const place of notice.touched) {
          if ('user' in place) {
            users.add(place.user)
            continue
          }
          const name = place.repository.toLowerCase()
          issues.set(name, (issues.get(name) ?? new Set()).add(place.issue))
        }
    },
    since: () => since,
    canShowOn({ scope, userId, showsRefusal }) {
      const { repository, issue } = scope
      // The operators' page counts everything, and the answer to a press is shown wherever that led.
      if (isEverywhere || scope.isHealth || scope.pressed !== null || showsRefusal) return true
      if (userId !== null && users.has(userId)) return true
      if (repository === null) return issues.size > 0
      const changed = issues.get(repository.toLowerCase())
      return changed !== undefined && (issue === null || changed.has(issue) || changed.has(null))
    },
  }
}
