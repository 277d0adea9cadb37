// How an issue, a pull request or a run stands, read with conditional requests: what has not changed costs nothing of the
// rate limit. That something has changed is all that is learnt here; then the question is asked in full.
import type { ReadReceipt } from '../translate/fields.ts'
import {
  type IssueState,
  type PullRequestState,
  type RunState,
  translateIssueState,
  translatePullRequestState,
  translateRunState,
} from '../translate/github-state.ts'
import { readAnswer } from './answer.ts'
import { nullIfNotFound } from './failure.ts'
import type { RepositoryAccess, SendRequest } from './request.ts'

/** What is looked at. */
export type StateSubject =
  | { readonly about: 'issue'; readonly issueNumber: number }
  | { readonly about: 'pull_request'; readonly pullRequestNumber: number }
  | { readonly about: 'run'; readonly runId: number }

export type Etags = Readonly<Record<string, string>>

type SubjectState = IssueState | PullRequestState | RunState

export type StateRead = {
  /** Null where nothing has changed, or where GitHub knows no such thing. */
  readonly state: SubjectState | null
  /** False where GitHub knows no such thing. */
  readonly isFound: boolean
  /** What the answers are called, to be given the next time. */
  readonly etags: Etags
}

export type StateReads = {
  readState(access: RepositoryAccess, subject: StateSubject, etags: Etags, receipt: ReadReceipt): Promise<StateRead>
}

export function openStateReads(call: SendRequest): StateReads {
  return {
    async readState(access, subject, etags, receipt) {
      const parts = partsOf(subject)
      // One after the other: where the first cannot be read, the rest is not asked for.
      const read = async (known: Etags) => {
        const answers: (Awaited<ReturnType<SendRequest>> | null)[] = []
        for (const { route, parameters } of parts) {
          const etag = known[keyOf(route, parameters)] ?? null
          answers.push(await call(access, 'read', route, parameters, { etag }).catch(nullIfNotFound))
        }
        return answers
      }
      const first = await read(etags)
      const same = Object.fromEntries(
        parts.flatMap(({ route, parameters }) => {
          const key = keyOf(route, parameters)
          return etags[key] === undefined ? [] : [[key, etags[key]]]
        }),
      )
      const isFound = first[0] !== null
      if (first.every((answer) => answer === null || answer.status === 304))
        return { state: null, isFound, etags: same }
      // What has not changed comes without a body.
      const answers = first.some((answer) => answer?.status === 304) ? await read({}) : first
      const bodies = answers.map((answer) => answer?.body ?? null)
      if (answers[0] == null) return { state: null, isFound: false, etags: {} }
      const named = parts.flatMap(({ route, parameters }, index) => {
        const etag = answers[index]?.etag ?? null
        return etag === null ? [] : [[keyOf(route, parameters), etag] as const]
      })
      return {
        state: readAnswer(() => stateOf(subject, bodies, access.repositoryId, receipt)),
        isFound,
        etags: Object.fromEntries(named),
      }
    },
  }
}

type Part = { readonly route: string; readonly parameters: Readonly<Record<string, string | number>> }

function partsOf(question: StateSubject): readonly Part[] {
  switch (question.about) {
    case 'issue':
      return [
        {
          route: 'GET /repos/{owner}/{repo}/issues/{issue_number}',
          parameters: { issue_number: question.issueNumber },
        },
      ]
    case 'pull_request': {
      const parameters = { pull_number: question.pullRequestNumber }
      return [
        { route: 'GET /repos/{owner}/{repo}/pulls/{pull_number}', parameters },
        {
          route: 'GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews',
          parameters: { ...parameters, per_page: 100 },
        },
      ]
    }
    case 'run': {
      const parameters = { run_id: question.runId }
      return [
        { route: 'GET /repos/{owner}/{repo}/actions/runs/{run_id}', parameters },
        {
          route: 'GET /repos/{owner}/{repo}/actions/runs/{run_id}/jobs',
          parameters: { ...parameters, filter: 'latest', per_page: 100 },
        },
      ]
    }
  }
}

/** `issues/42`, `pulls/57/reviews`, `runs/7/jobs`. */
function keyOf(route: string, parameters: Part['parameters']): string {
  const path = route.replace(/^GET \/repos\/\{owner\}\/\{repo\}\/(actions\/)?/, '')
  return path.replace(/\{(\w+)\}/, (_, name) => String(parameters[name]))
}

function stateOf(
  { about }: StateSubject,
  [subject, list]: readonly unknown[],
  repositoryId: number,
  receipt: ReadReceipt,
): SubjectState {
  switch (about) {
    case 'issue':
      return translateIssueState(subject, receipt)
    case 'pull_request':
      return translatePullRequestState(repositoryId, subject, list)
    case 'run':
      return translateRunState(repositoryId, subject, list, receipt)
  }
}
