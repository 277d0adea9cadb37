// What must happen once. An effect is a row with a unique key, written in the transaction that decided it.
// What must be *true* (check runs, comments, the board) is a publication: see publications.ts.
import type { IssueFact, PullRequestFact } from './facts.ts'

/** Something only GitHub knows. Asked after the commit; the answer comes back as an `answered` event. */
export type Question =
  /** Whose issue is this, what links to it, and where does the default branch stand? Asked when a pipeline begins. */
  | { readonly about: 'issue'; readonly issueNumber: number }
  /** Which issues does this pull request close? There is no webhook for links made by hand. */
  | { readonly about: 'pull_request'; readonly pullRequestNumber: number }
  /** May this person write? Fails closed: only a clear yes is a yes. */
  | { readonly about: 'permission'; readonly login: string; readonly pullRequestNumber: number }

export type Answer =
  | {
      readonly about: 'issue'
      readonly issue: IssueFact | null
      readonly pullRequests: readonly PullRequestFact[]
      readonly defaultBranchSha: string | null
    }
  | { readonly about: 'pull_request'; readonly closes: readonly number[] }
  | { readonly about: 'permission'; readonly mayWrite: boolean }

export type Effect = {
  readonly type: 'ask'
  /** Unique for ever within a repository: the same key is the same effect. */
  readonly key: string
  readonly question: Question
}
