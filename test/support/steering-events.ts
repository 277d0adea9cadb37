// What people and GitHub do around one issue: commands on it and on its pull request, holds of the repository, the
// file, deleted comments, repositories renamed, deleted, added and removed. GitHub dates each. Events about one hold, one
// installation or one name never share a second, because only GitHub's ids could order those.

import type { Event, RepositoryRef } from '../../src/pipeline/model/events.ts'
import type { Answer } from '../../src/pipeline/model/questions.ts'
import type { Instant } from '../../src/pipeline/model/time.ts'
import { deliveryEvidence, ISSUE, issueFact, REPOSITORY } from './pipeline-fixtures.ts'
import { commentCreated } from './pipeline-harness.ts'

/** A comment of Andon's on the issue, which a user deletes. */
export const PUBLISHED_COMMENT = 770
/** An issue that began a pipeline and was then deleted. */
export const DELETED_ISSUE = 43

const GADGETS: RepositoryRef = { ...REPOSITORY, id: 501, fullName: 'acme/gadgets' }
/** Its name in the end. */
const GIZMOS: RepositoryRef = { ...GADGETS, fullName: 'acme/gizmos' }
const PARTS: RepositoryRef = { ...REPOSITORY, id: 502, fullName: 'acme/parts' }
/** Repositories that Andon reaches beside the one of the issue. */
export const OTHER_REPOSITORIES = [GADGETS, PARTS]
const ISSUE_TEXTS = [
  ['mara', '/andon start\n/andon hold look at it first'],
  ['bob', '/andon start\n/andon hold code the runner moves'],
  ['ada', '/andon start\n/andon resume'],
  ['bob', '/andon start\n/andon hold for 90m lunch'],
  ['passer-by', '/andon start\n/andon hold repository for fun'],
  ['ada', '/andon start\n/andon resume code'],
  ['mara', '/andon status\n/andon why\n/andon statsu'],
] as const
const PULL_REQUEST_TEXTS = [
  ['mara', '/andon hold repository release week'],
  ['ada', '/andon resume repository'],
  ['passer-by', '/andon resume repository'],
  ['bob', '/andon hold repository the release is broken\n/andon status'],
  ['unknown[bot]', '/andon resume repository'],
] as const

/** What GitHub says of a repository in the end. */
export function presenceOf(ref: RepositoryRef, updatedAt: Instant): Extract<Answer, { about: 'repository' }> {
  if (ref.id === PARTS.id) return { about: 'repository', installation: null, description: null }
  const { id, installationId, updatedAt: _, ...named } = ref.id === GADGETS.id ? GIZMOS : ref
  const installation = { id: installationId, account: 'acme', state: 'active' } as const
  return { about: 'repository', installation, description: { ...named, archived: false, updatedAt } }
}

/** In the order in which it happened; `at` is the time of the n-th. */
export function steeringEvents(at: (nth: number) => Instant): readonly Event[] {
  const sent: Event[] = []
  const send = (event: (base: { at: Instant; evidence: ReturnType<typeof deliveryEvidence> }) => Event) => {
    const moment = at(sent.length)
    sent.push(event({ at: moment, evidence: deliveryEvidence(moment, `guid-steering-${sent.length}`) }))
  }
  const repository = REPOSITORY
  const comment = (by: string, body: string, onPullRequest: boolean) =>
    send(({ at }) => {
      const on = onPullRequest ? 7 : ISSUE
      return commentCreated(body, {
        at,
        by,
        on,
        onPullRequest,
        bot: by.endsWith('[bot]'),
        commentId: 900 + sent.length,
      })
    })
  const installation = (
    state: 'active' | 'suspended',
    added: readonly RepositoryRef[],
    left: readonly RepositoryRef[],
  ) =>
    send((base) => {
      const removed = left.map((ref) => ({ id: ref.id, ref }))
      const reached = { installationId: repository.installationId, account: 'acme', added, removed }
      return { type: 'installation.changed', ...base, ...reached, state }
    })
  send((base) => ({
    type: 'configuration.pushed',
    ...base,
    repository,
    headSha: 'c0de'.repeat(10),
    paths: ['.github/andon.yml'],
  }))
  for (const [by, body] of ISSUE_TEXTS) comment(by, body, false)
  for (const [by, body] of PULL_REQUEST_TEXTS) comment(by, body, true)
  send((base) => ({ type: 'configuration.pushed', ...base, repository, headSha: 'c0de'.repeat(10), paths: null }))
  for (const commentId of [PUBLISHED_COMMENT, 771])
    send((base) => ({ type: 'comment.deleted', ...base, repository, issueNumber: ISSUE, commentId }))
  installation('active', [GADGETS, PARTS], [])
  installation('active', [], [GADGETS])
  installation('active', [GADGETS], [])
  send((base) => ({ type: 'repository.changed', ...base, repository: GIZMOS }))
  send((base) => ({ type: 'repository.removed', ...base, repository: PARTS }))
  installation('suspended', [], [])
  installation('active', [], [])
  const issue = (at: Instant) => issueFact({ number: DELETED_ISSUE, at })
  send((base) => ({
    type: 'issue.labeled',
    ...base,
    repository,
    issue: issue(base.at),
    label: 'andon',
    sender: 'olga',
  }))
  send((base) => ({ type: 'issue.removed', ...base, repository, issue: issue(base.at), why: 'deleted' }))
  return sent
}
