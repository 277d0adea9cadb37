import { type Line, OBSERVE_ONLY_LINE } from '../line/line.ts'
import type { RepositoryEvent } from './route.ts'
import type { UnitOfWork } from './unit-of-work.ts'

/** What the repository's file says; without one, Andon only watches. */
export function lineOf(ledger: UnitOfWork, { repository }: Pick<RepositoryEvent, 'repository'>): Line {
  return ledger.repositories.get(String(repository.id))?.configuration ?? OBSERVE_ONLY_LINE
}
