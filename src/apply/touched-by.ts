// On which pages what a group changes can be seen. Whatever is not known to be seen nowhere is named.
import type { RepositoryRow } from '../advance/rows.ts'
import { isEqualJson } from '../pipeline/facts/total-order.ts'
import type { Touched, TouchedPlace } from '../store/notify.ts'
import type { UnitOfWork } from './unit-of-work.ts'

/** Null when nothing changed that pages show or loops wait for. */
export function touchedBy(unitOfWork: Pick<UnitOfWork, 'rows' | 'written'>): Touched | null {
  const { rows } = unitOfWork
  const [pipelines, repositories] = [rows.pipelines.changed(), rows.repositories.changed()]
  const [effects, answered] = [unitOfWork.written('effect'), unitOfWork.written('press-answered')]
  // What GitHub says of an installation is seen in all its repositories.
  if (rows.installations.changed().length > 0) return 'everything'
  if ([pipelines, repositories, effects, answered].every(({ length }) => length === 0)) return null
  const names = new Map(rows.repositories.filter(() => true).map(({ id, fullName }) => [id, fullName]))
  const touched = new Map<string, TouchedPlace>()
  for (const { repositoryId, issueNumber: issue, revision } of [...effects.map(withoutRevision), ...pipelines]) {
    const repository = names.get(repositoryId)
    if (repository === undefined) return 'everything'
    touched.set(`${repository} ${issue}`, { repository, issue, ...(revision !== null && { revision }) })
  }
  for (const row of repositories) {
    const stored = rows.repositories.stored(String(row.id))
    if (stored !== null && isEqualJson(shownOf(stored), shownOf(row))) continue
    // Who looks at its former name sees it go.
    for (const repository of [row.fullName, stored?.fullName ?? row.fullName])
      touched.set(`${repository} ${null}`, { repository, issue: null })
  }
  return [...touched.values()]
}

function withoutRevision({ repositoryId, issueNumber }: { repositoryId: number; issueNumber: number | null }) {
  return { repositoryId, issueNumber, revision: null }
}

/** Without what only Andon's own work needs. */
function shownOf(row: RepositoryRow) {
  const { breakers, admitAt, holdFanOutCursor, readAt, configurationReadAt, revision, ...shown } = row
  return shown
}
