import { type Line, WATCHED_LINE } from '../line/line.ts'
import type { Ledger } from './ledger.ts'
import type { Local } from './route.ts'

/** What the repository's file says; without one, Andon only watches. */
export function lineOf(ledger: Ledger, { repository }: Pick<Local, 'repository'>): Line {
  return ledger.repositories.get(String(repository.id))?.configuration ?? WATCHED_LINE
}
