import { type Line, WATCHED_LINE } from '../line/line.ts'
import type { Local } from './route.ts'
import type { Ledger } from './unit-of-work.ts'

/** What the repository's file says; without one, Andon only watches. */
export function lineOf(ledger: Ledger, { repository }: Pick<Local, 'repository'>): Line {
  return ledger.repositories.get(String(repository.id))?.configuration ?? WATCHED_LINE
}
