// Pipelines of which nothing has arrived for a while are read from GitHub, the oldest evidence first: what was dropped without
// a trace is found so. What has not changed costs nothing; what has is asked in full, and the answer goes through the door.
import { GitHubFailure } from '../github/failure.ts'
import type { RepositoryAccess } from '../github/request.ts'
import type { Etags, StateRead } from '../github/state-reads.ts'
import {
  type GitHubState,
  isKnownLabeling,
  isNews,
  type ReconcileQuestion,
  reconcileAt,
  reconcileQuestions,
  unansweredStartLabel,
} from '../pipeline/deadlines/reconcile.ts'
import type { Answer } from '../pipeline/model/questions.ts'
import { type Instant, latest } from '../pipeline/model/time.ts'
import { knownFrom } from '../pipeline/view/health.ts'
import { findAccessBlock } from '../store/access-problems.ts'
import { claimReconciles, type DueReconcile, endCutOffs, saveReconcile } from '../store/reconciles.ts'
import { millisecondsAfter } from '../text/milliseconds-after.ts'
import type { ReadReceipt } from '../translate/fields.ts'
import { recordAccessWorks } from './access.ts'
import { judgeAnswer } from './ask-again.ts'
import { askGitHub } from './ask-github.ts'
import { labelingEvent } from './labeling-event.ts'
import { splitFullName } from './publish-claim.ts'
import { reconcileComments } from './reconcile-comments.ts'
import { type RepairContext, readAgainAt, SHARE_OF_CALLS } from './repair-reads.ts'

export type Reconcile = {
  /** Reads some of the pipelines that are due; resolves to how many. */
  step(): Promise<number>
}

/** Of one installation at most ten in half a minute: this many at once, and no more after as many within it. */
const AT_ONCE = 5
const PACE_MS = 30_000
/** Nothing is due: it is not looked at again before. */
const REST_MS = 10_000
/** Whether all has been read since a gap in the log. */
const COMPARE_EVERY_MS = 60_000
/** What GitHub has just sent may be on its way. */
const YOUNG_MS = 60_000
/** After a failure: as long again as it has been failing, within these. */
const RETRY_MS = 60_000
const LONGEST_RETRY_MS = 30 * 60_000
/** Once GitHub is back, every light is right within ten minutes. */
const LONGEST_OUTAGE_RETRY_MS = 8 * 60_000
const PERMISSIONS = ['issues=read', 'metadata=read', 'pull_requests=read', 'actions=read']

export function openReconcile(o: RepairContext): Reconcile {
  const { database, now } = o
  /** Installations that wait, and until when. */
  const pauses = new Map<number, Instant>()
  const recent = new Map<number, { readonly since: Instant; readonly count: number }>()
  let restedAt: Instant | null = null
  let comparedAt: Instant | null = null

  async function step(): Promise<number> {
    const at = now()
    if (restedAt !== null && isWithin(restedAt, at, REST_MS)) return 0
    for (const [id, until] of pauses) if (until <= at || until > millisecondsAfter(at, RETRY_MS)) pauses.delete(id)
    const due = await claimReconciles(database, { now: at, limit: AT_ONCE, without: [...pauses.keys()] })
    if (due.length === 0 && (comparedAt === null || !isWithin(comparedAt, at, COMPARE_EVERY_MS))) {
      await endCutOffs(database, at)
      comparedAt = at
    }
    restedAt = due.length === 0 ? at : null
    await Promise.all(due.map(look))
    return due.length
  }

  async function look(due: DueReconcile): Promise<void> {
    const { installationId, document: pipeline } = due
    const access = {
      ...{ installationId, repositoryId: due.repositoryId, ...splitFullName(due.fullName) },
      issueNumber: pipeline.issue.number,
    }
    keepPace(installationId)
    const found: Found = { etags: {}, repaired: 0, isSoonAgain: false, isConfirmed: true, isIssueThere: false }
    try {
      if (o.callQuota.isSpent(installationId, SHARE_OF_CALLS))
        return await putOff(due, millisecondsAfter(now(), RETRY_MS), 'too much has been read')
      const blockedUntil = await findAccessBlock(database.kysely, access, PERMISSIONS, now())
      if (blockedUntil !== null) return await putOff(due, blockedUntil, 'GitHub refuses access')
      for (const question of reconcileQuestions(pipeline)) await readOne(due, access, question, found)
      // An issue that is not there shows no comments either, which says nothing about them.
      if (found.isIssueThere) {
        const comments = await reconcileComments(o, access, due)
        found.etags = { ...found.etags, ...comments.etags }
        found.repaired += comments.repaired
      }
      await recordAccessWorks(o, access, PERMISSIONS)
      const { etags, repaired, isConfirmed } = found
      const nextAt = found.isSoonAgain ? millisecondsAfter(now(), YOUNG_MS) : reconcileAt(pipeline, now())
      const read = { now: now(), nextAt: nextAt ?? now(), repaired, etags, error: null }
      await saveReconcile(database, due, { ...read, knownUntil: isConfirmed ? knownFrom(now()) : null })
    } catch (failure) {
      if (!(failure instanceof GitHubFailure)) throw failure
      await putOff(due, await retryAfter(due, access, failure), failure.message, found.repaired)
    }
  }

  async function readOne(
    due: DueReconcile,
    access: RepositoryAccess,
    question: ReconcileQuestion,
    found: Found,
  ): Promise<void> {
    const at = now()
    const receipt: ReadReceipt = { kind: 'read', id: `reconcile/${keyOf(question)}`, at, repairedAt: at }
    const read = await o.github.readState(access, question, due.etags, receipt)
    const { state } = read
    if (!read.isFound) found.isConfirmed = false
    else if (question.about === 'issue') found.isIssueThere = true
    if (state?.about === 'issue' && !(await reconcileLabel(due, access, state, receipt, found))) return
    if (state === null || !isNews(due.document, question, state)) {
      found.etags = { ...found.etags, ...read.etags }
      return
    }
    if (changedAt(state) > millisecondsAfter(at, -YOUNG_MS)) {
      found.isSoonAgain = true
      found.isConfirmed = false
      return
    }
    const answer = await ask(access, question, receipt)
    // What is told only in part, or late, is compared once more the next time.
    const askedBefore = Object.entries(read.etags).every(([key, etag]) => due.etags[key] === `${ASKED}${etag}`)
    const etags = Object.entries(read.etags).map(([key, etag]) => [key, askedBefore ? etag : `${ASKED}${etag}`])
    found.etags = { ...found.etags, ...Object.fromEntries(etags) }
    if (answer === null) found.isConfirmed = false
    if (answer === null || askedBefore) return
    if (now() < at) throw new GitHubFailure('retryable', 'the clock was corrected while GitHub was asked')
    const { repositoryId: id, fullName, private: isPrivate, defaultBranch, installationId } = due
    const repository = { id, fullName, private: isPrivate, defaultBranch, installationId }
    await o.door.apply({ event: { type: 'question.answered', at, evidence: receipt, repository, question, answer } })
    found.repaired += 1
    o.log.warn({ repository: fullName, subject: keyOf(question) }, 'GitHub shows what no delivery had told of')
  }

  /** Who put the start label on is asked for permission like every other. False where that may still be on its way. */
  async function reconcileLabel(
    { document: pipeline, repositoryId, ...due }: DueReconcile,
    access: RepositoryAccess,
    { about: _, labels, ...issue }: Extract<StateRead['state'], { about: 'issue' }>,
    evidence: ReadReceipt,
    found: Found,
  ): Promise<boolean> {
    const label = unansweredStartLabel(pipeline, labels)
    const labeling = label && (await o.github.readLabeling(access, issue.number, label))
    if (!label || !labeling || isKnownLabeling(pipeline, labeling.by.login, labeling.at)) return true
    if (labeling.at > millisecondsAfter(evidence.at, -YOUNG_MS)) {
      found.isSoonAgain = true
      return false
    }
    await o.door.apply({ event: labelingEvent(due, repositoryId, { issue, label, labeling, evidence }) })
    found.repaired += 1
    return true
  }

  async function ask(
    access: RepositoryAccess,
    question: ReconcileQuestion,
    receipt: ReadReceipt,
  ): Promise<Answer | null> {
    if (question.about !== 'issue') {
      const read = await askGitHub(o.github, access, null, question, receipt)
      return judgeAnswer(question, read, 0).credible
    }
    // The repository's file is asked for when an issue begins.
    const { gaps: _, ...read } = await o.github.readIssue(access, question.issueNumber, receipt)
    return { about: 'issue', ...read }
  }

  async function putOff(due: DueReconcile, nextAt: Instant, error: string, repaired = 0) {
    const { etags } = due
    await saveReconcile(database, due, { now: now(), nextAt, repaired, etags, error, knownUntil: null })
  }

  function keepPace(installationId: number): void {
    const at = now()
    const last = recent.get(installationId)
    const isRecent = last !== undefined && isWithin(last.since, at, PACE_MS)
    const { since, count } = isRecent ? { since: last.since, count: last.count + 1 } : { since: at, count: 1 }
    recent.set(installationId, { since, count })
    if (count > AT_ONCE) pauses.set(installationId, millisecondsAfter(since, PACE_MS))
  }

  async function retryAfter(
    { failingSince }: DueReconcile,
    access: RepositoryAccess,
    failure: GitHubFailure,
  ): Promise<Instant> {
    const at = now()
    const failingMs = failingSince === null ? 0 : Date.parse(at) - Date.parse(failingSince)
    const longestMs = failure.isOutage ? LONGEST_OUTAGE_RETRY_MS : LONGEST_RETRY_MS
    const later = millisecondsAfter(at, Math.min(Math.max(failingMs, RETRY_MS), longestMs))
    if (failure.isOutage) pauses.set(access.installationId, millisecondsAfter(at, RETRY_MS))
    return await readAgainAt(o, access, failure, later)
  }

  return { step }
}

/** What reading one pipeline has come to so far. */
type Found = {
  etags: Etags
  repaired: number
  isSoonAgain: boolean
  /** Whether its light counts as known by it: not where GitHub knew no such thing, or is about to be heard. */
  isConfirmed: boolean
  isIssueThere: boolean
}

/** A name that no answer has, so that it is read again. */
const ASKED = 'asked '

function keyOf(question: ReconcileQuestion): string {
  switch (question.about) {
    case 'issue':
      return `issue/${question.issueNumber}`
    case 'pull_request':
      return `pull_request/${question.pullRequestNumber}`
    case 'run':
      return `run/${question.runId}`
  }
}

/** The latest that GitHub says of it. */
function changedAt(state: GitHubState): Instant {
  return state.about === 'run' ? state.jobs.map(({ at }) => at).reduce(latest, state.updatedAt) : state.updatedAt
}

function isWithin(since: Instant, at: Instant, ms: number): boolean {
  return since <= at && at < millisecondsAfter(since, ms)
}
