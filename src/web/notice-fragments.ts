// What stands above a board or an issue: what GitHub refuses, what is held, files with mistakes, what came of a press.
import type { AccessNotice } from '../render/access-problem.ts'
import type { ConfigurationNotice } from '../render/configuration-notice.ts'
import { holdViewOf } from '../render/hold-text.ts'
import { pressViewOf } from '../render/press.ts'
import type { StoredPress } from '../store/presses.ts'
import type { BoardPlace } from './find-form.ts'
import type { Fragment } from './page-model.ts'
import type { BoardPage } from './reader.ts'
import type { Views } from './views.ts'

/** How many of a file's problems are shown on pages other than its repository's. */
export const MAX_SUMMARY_PROBLEMS = 1

export function problemsFragment(views: Views, notices: readonly ConfigurationNotice[], maxProblems: number): Fragment {
  return {
    id: 'configuration-problems',
    html: views.render('configuration-problems', { ...limitListed(notices), maxProblems }),
  }
}

export function pressFragment(views: Views, press: StoredPress | null): Fragment {
  return { id: 'press', html: views.render('press', { press: press && pressViewOf(press) }) }
}

/** Whoever may pull the cord of a place finds there how to let it go. */
export function holdsFragment(
  views: Views,
  holds: BoardPage['holds'],
  resumable: Pick<BoardPlace, 'repository'> | null,
): Fragment {
  return { id: 'holds', html: views.render('holds', { ...limitListed(holds.map(holdViewOf)), resumable }) }
}

export function accessFragment(views: Views, notices: readonly AccessNotice[]): Fragment {
  return { id: 'access-problems', html: views.render('access-problems', limitListed(notices)) }
}

/** How many held or misconfigured repositories are listed above the board before it says that there are more. */
const MAX_LISTED_REPOSITORIES = 20

function limitListed<T>(items: readonly T[]): { readonly items: readonly T[]; readonly hasMore: boolean } {
  return { items: items.slice(0, MAX_LISTED_REPOSITORIES), hasMore: items.length > MAX_LISTED_REPOSITORIES }
}
